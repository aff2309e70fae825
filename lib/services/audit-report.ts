/** What happened in a period, for people who were not there: counts, changes of CAs and policies, exceptions, and the proof. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEventView, AuditService } from './audit'
import { AUDIT_TYPES } from './audit-catalogue'
import { type ChainState, checkRows, GENESIS } from './audit-chain'
import { eventView } from './audit-events'
import { reportBlocks } from './audit-report-text'
import { type AuditStore, type ExportedRow, lastVerification } from './audit-trail'
import { authorise } from './permissions'
import type { ReportDocument } from './report-document'
import { reportHtml } from './report-html'

export interface AuditReportStore {
  /** Where the rows of the period stand, by their times alone. Null when nothing happened. Refuses what lies too scattered. */
  placesOf(period: ReportPeriod): Promise<PeriodRows | null>
  /** Events by type and outcome. */
  counts(runs: RowRun[]): Promise<TypeCount[]>
  /** Who acted most, among those that have an id. */
  actors(runs: RowRun[], limit: number): Promise<ActorCount[]>
  /** Of these types, in the order of the chain. */
  events(types: string[], runs: RowRun[], limit: number): Promise<ExportedRow[]>
  organisation(): Promise<string>
}

export interface ReportPeriod {
  from: Date
  /** Not included. */
  to: Date
}

/** Rows that follow one another by their numbers, both ends included. */
export interface RowRun {
  first: bigint
  last: bigint
}

export interface PeriodRows {
  /** Lowest first; one, unless rows of other times stand in between or rows are missing. */
  runs: RowRun[]
  /** The rows stand in the order of their times, with none of another time among them. */
  inOrder: boolean
}

export interface TypeCount {
  type: string
  outcome: string
  count: number
}

export interface ActorCount {
  id: string
  name: string
  count: number
}

/** The facts of a report, before they are put into words. */
export interface ReportFacts {
  organisation: string
  period: ReportPeriod
  madeAt: Date
  madeBy: string
  counts: TypeCount[]
  actors: ActorCount[]
  authorities: ReportedEvents
  policies: ReportedEvents
  people: ReportedEvents
  exceptions: ReportedEvents
  /** See PeriodRows. */
  inOrder: boolean
  first: AuditEventView | null
  last: AuditEventView | null
  head: { seq: string; chain: string }
  proof: PeriodProof
  lastVerification: Awaited<ReturnType<typeof lastVerification>>
}

export interface ReportedEvents {
  events: AuditEventView[]
  /** There are more than a report can list. */
  more: boolean
}

/** Whether the rows from the first to the last of the period follow from one another, recomputed as the report was made. */
export type PeriodProof = { kind: 'holds'; rows: number } | { kind: 'broken'; problem: string } | { kind: 'too_long' }

export type ReportFormat = 'html' | 'pdf'

/** Refusals of both: invalid_input (period, or one whose rows lie too scattered), rate_limited while others are being made. */
export interface AuditReportService {
  /** To be shown; as a reading of the trail it is recorded by the page. */
  document(actor: Actor, period: ReportPeriod): Promise<ReportDocument>
  /** As a file. That it was made, for which period, and its digest are on record before it is handed out. */
  file(actor: Actor, period: ReportPeriod, format: ReportFormat): Promise<Uint8Array>
}

interface AuditReportDeps {
  store: AuditReportStore & Pick<AuditStore, 'newest' | 'rows' | 'end'>
  audit: Pick<AuditService, 'record'>
  pdf(document: ReportDocument): Promise<Uint8Array>
  clock: () => Date
}

const MOST_LISTED = 500
const MOST_ACTORS = 25
/** Some seconds of arithmetic; whoever wants more verifies the whole chain. */
const MOST_PROVED = 200_000n
const PAGE = 5_000
const LONGEST_DAYS = 3_700
/** Each may keep a connection for minutes, and the whole portal has ten. */
const MOST_AT_ONCE = 3

const OF_AUTHORITIES = typesOf(['ca', 'key']).filter((type) => type !== 'key.used')
const OF_POLICIES = typesOf(['config'])
const OF_PEOPLE = typesOf(['iam'])
/** What should not happen, or seldom: graver than an everyday refusal, and told nowhere else in the report. */
const EXCEPTIONS = (Object.keys(AUDIT_TYPES) as (keyof typeof AUDIT_TYPES)[]).filter((type) => {
  const { category, severity } = AUDIT_TYPES[type]
  const told = ['ca', 'key', 'config', 'iam'].includes(category)
  return type === 'authz.denied' || type === 'authn.account.locked' || (!told && /^(high|critical)$/.test(severity))
})

export function createAuditReport({ store, audit, pdf, clock }: AuditReportDeps): AuditReportService {
  let underWay = 0

  async function compile(actor: Actor, period: ReportPeriod): Promise<ReportDocument> {
    authorise(actor, 'audit:read')
    checkPeriod(period)
    if (underWay >= MOST_AT_ONCE)
      throw new Refusal('rate_limited', 'Other reports are being made. Try again when they are ready.', {
        reason: 'reports_under_way',
        retryAfterSeconds: 15,
      })
    underWay += 1
    try {
      return await compiled(actor, period)
    } finally {
      underWay -= 1
    }
  }

  async function compiled(actor: Actor, period: ReportPeriod): Promise<ReportDocument> {
    const places = await store.placesOf(period)
    // Read after the rows of the period, so that it covers them all.
    const { head } = await store.end()
    const runs = places?.runs ?? []
    const [first, last] = [runs[0]?.first ?? 1n, runs.at(-1)?.last ?? 0n]
    const listed = (types: string[]) => eventsOf(types, runs)
    const facts: ReportFacts = {
      organisation: await store.organisation(),
      period,
      madeAt: clock(),
      madeBy: actor.name,
      counts: places ? await store.counts(runs) : [],
      actors: places ? await store.actors(runs, MOST_ACTORS) : [],
      authorities: await listed(OF_AUTHORITIES),
      policies: await listed(OF_POLICIES),
      people: await listed(OF_PEOPLE),
      exceptions: await listed(EXCEPTIONS),
      inOrder: places?.inOrder ?? true,
      first: places && (await eventAt(first)),
      last: places && (await eventAt(last)),
      head: { seq: head.seq.toString(), chain: Buffer.from(head.chain).toString('hex') },
      proof: await prove(first, last),
      lastVerification: await lastVerification(store),
    }
    return reportBlocks(facts)
  }

  async function eventsOf(types: string[], runs: RowRun[]): Promise<ReportedEvents> {
    if (runs.length === 0) return { events: [], more: false }
    const rows = await store.events(types, runs, MOST_LISTED + 1)
    return { events: rows.slice(0, MOST_LISTED).map(eventView), more: rows.length > MOST_LISTED }
  }

  async function eventAt(seq: bigint): Promise<AuditEventView | null> {
    const [row] = seq > 0n ? await store.rows(seq, seq, 1) : []
    return row ? eventView(row) : null
  }

  async function prove(first: bigint, last: bigint): Promise<PeriodProof> {
    if (last - first + 1n > MOST_PROVED) return { kind: 'too_long' }
    const [before] = first > 1n ? await store.rows(first - 1n, first - 1n, 1) : []
    let state: ChainState = first > 1n ? { seq: first - 1n, chain: before?.chain ?? new Uint8Array() } : GENESIS
    for (let from = first; from <= last; from = state.seq + 1n) {
      const page = checkRows(state, await store.rows(from, last, PAGE))
      if (page.broken) return { kind: 'broken', problem: page.broken.problem }
      if (page.state.seq === state.seq) return { kind: 'broken', problem: `Event ${from} is missing.` }
      state = page.state
    }
    return { kind: 'holds', rows: Number(last - first + 1n) }
  }

  return {
    document: compile,

    async file(actor, period, format) {
      const document = await compile(actor, period)
      const bytes = format === 'pdf' ? await pdf(document) : new Uint8Array(Buffer.from(reportHtml(document), 'utf8'))
      await audit.record({
        type: 'audit.exported',
        outcome: 'success',
        actor,
        object: { type: 'audit', id: 'report', name: 'a report' },
        data: {
          format,
          from: period.from.toISOString(),
          to: period.to.toISOString(),
          count: document.events,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        },
      })
      return bytes
    },
  }
}

function checkPeriod({ from, to }: ReportPeriod): void {
  const days = (to.getTime() - from.getTime()) / 86_400_000
  if (days > 0 && days <= LONGEST_DAYS) return
  throw new Refusal('invalid_input', 'The period ends before it begins, or is longer than ten years.', {
    fields: { to: 'Choose a day after the first one.' },
  })
}

function typesOf(categories: string[]): string[] {
  return Object.entries(AUDIT_TYPES)
    .filter(([, { category }]) => categories.includes(category))
    .map(([type]) => type)
}

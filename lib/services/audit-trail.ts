/** The audit trail at work: reading it, proving it, and recording what changes nothing else. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type {
  AuditEntry,
  AuditEventView,
  AuditFilter,
  AuditPlace,
  AuditReference,
  AuditService,
  AuditSort,
  AuditVerification,
  LastVerification,
  VerificationWatch,
} from './audit'
import { type AuditRow, type BrokenRow, type ChainState, checkHead, checkRows, GENESIS } from './audit-chain'
import { eventView, parseEvent } from './audit-events'
import { type CountRequest, countRows, type Keyset, readPage, type Sorting } from './listing'
import { authorise } from './permissions'

/** What the trail needs of its database. */
export interface AuditStore {
  /** Appends in one transaction of its own. */
  append(entries: AuditEntry[]): Promise<void>
  /** A page for somebody who waits for it: what takes too long is refused. */
  list(filter: SoughtEvents, keyset: Keyset<AuditSort>): Promise<ExportedRow[]>
  /** Refuses like list(). */
  count(filter: SoughtEvents, request: CountRequest): Promise<number>
  /** What a search means, `most` things of each kind, the newest. */
  found(search: string, most: number): Promise<FoundInSearch>
  /** Newest first, only rows with a smaller number than `before`. */
  newest(filter: SoughtEvents, before: bigint | null, limit: number): Promise<ExportedRow[]>
  /** Oldest first, only rows with a number above `after`, up to and with `to`. */
  oldest(filter: SoughtEvents, after: bigint, to: bigint, limit: number): Promise<ExportedRow[]>
  /** In order, from number `from` on, up to and with `to`. */
  rows(from: bigint, to: bigint, limit: number): Promise<AuditRow[]>
  /** The recorded end of the chain and the highest number among the rows, read in one statement. */
  end(): Promise<{ head: ChainState; lastSeq: bigint }>
}

export type ExportedRow = Pick<AuditRow, 'seq' | 'payload' | 'leaf' | 'chain'>

/** A filter whose search has been looked up. */
export type SoughtEvents = Omit<AuditFilter, 'search'> & { found?: FoundInSearch }

/** Events about one of the objects or by one of the actors match, and those that `typed` names: an id, an address, a number. */
export interface FoundInSearch {
  objects: AuditReference[]
  actors: string[]
  typed: string
  /** Whether there are more of some kind than were looked for: then the newest of it count. */
  capped: boolean
}

export interface AuditDeps {
  store: AuditStore
  clock: () => Date
  /** Rows read at once while verifying. */
  pageRows?: number
}

const VERIFY_PAGE = 5_000
/** Things of each kind whose events a search finds. */
const MOST_FOUND = 200
const LONGEST_SEARCH = 200
const SORTING: Sorting<AuditEventView, AuditSort> = {
  usual: 'happened',
  columns: { happened: { kind: 'number', order: 'desc', of: ({ seq }) => seq } },
  idOf: ({ id }) => id,
}
/** Lower than any number a row can have: a row put in before the first one is found too. */
const LOWEST_SEQ = -(2n ** 63n)

export function createAudit(deps: AuditDeps): AuditService {
  const { store, clock } = deps

  async function record(entry: AuditEntry): Promise<void> {
    try {
      await store.append([entry])
    } catch (error) {
      throw new Refusal('unavailable', 'The audit trail cannot be written, so nothing was done. Try again.', {
        reason: 'audit_unavailable',
        detail: `appending ${entry.type}: ${error instanceof Error ? error.message : String(error)}`,
      })
    }
  }

  return {
    record,

    async list(actor, filter, request) {
      authorise(actor, 'audit:read')
      const sought = await soughtEvents(store, filter)
      return readPage(request, SORTING, async (keyset) => (await store.list(sought, keyset)).map(eventView))
    },

    async matching(actor, filter, since) {
      authorise(actor, 'audit:read')
      const sought = await soughtEvents(store, filter)
      return countRows((request) => store.count(sought, request), since)
    },

    async verify(actor, watch = {}) {
      authorise(actor, 'audit:verify')
      const started = clock().getTime()
      const { verified, broken } = await verifyChain(store, deps.pageRows ?? VERIFY_PAGE, watch)
      const verification = { ...verified, millis: clock().getTime() - started }
      const entry = verdict(actor, verification, broken)
      // A forged row can stand where the verdict would be written: a broken trail must be told all the same.
      if (broken) await record(entry).catch(() => undefined)
      else await record(entry)
      return verification
    },

    async lastVerification(actor) {
      authorise(actor, 'audit:read')
      return lastVerification(store)
    },
  }
}

/** Checked, and with its search looked up: once, for all pages of a file. Refusals: invalid_input. */
export async function soughtEvents(
  store: Pick<AuditStore, 'found'>,
  { search: typed = '', ...filter }: AuditFilter,
): Promise<SoughtEvents> {
  checkTypes(filter.types ?? [])
  const search = typed.trim().slice(0, LONGEST_SEARCH)
  return search === '' ? filter : { ...filter, found: await store.found(search, MOST_FOUND) }
}

/** For a report, which names it. */
export async function lastVerification(store: Pick<AuditStore, 'newest' | 'end'>): Promise<LastVerification | null> {
  const [row] = await store.newest({ types: ['audit.verified', 'audit.verification_failed'] }, null, 1)
  if (!row) return null
  const { head } = await store.end()
  const { type, time, actor, data } = parseEvent(row.payload)
  const to = typeof data?.to === 'string' ? data.to : String(data?.seq ?? row.seq)
  return {
    ok: type === 'audit.verified',
    at: new Date(time),
    by: actor.name,
    events: typeof data?.events === 'number' ? data.events : 0,
    to,
    newer: /^\d{1,18}$/.test(to) ? Number(head.seq - BigInt(to)) : 0,
  }
}

/**
 * Reads the end of the chain first and checks every row up to it. Rows appended meanwhile are left for the next time;
 * a row beyond the end at one and the same moment was put in behind our back.
 */
async function verifyChain(
  store: AuditStore,
  pageRows: number,
  { progress, signal }: VerificationWatch,
): Promise<{ verified: Omit<AuditVerification, 'millis'>; broken: BrokenRow | null }> {
  const { head, lastSeq } = await store.end()
  let state = GENESIS
  let events = 0
  let first: AuditPlace | null = null
  let last: AuditPlace | null = null
  let broken: BrokenRow | null = null
  for (let from = LOWEST_SEQ; !broken; ) {
    signal?.throwIfAborted()
    const rows = await store.rows(from, head.seq, pageRows)
    const page = checkRows(state, rows)
    const held = page.broken ? Number(page.state.seq - state.seq) : rows.length
    events += held
    first ??= placeOf(held > 0 ? rows[0] : undefined)
    last = placeOf(rows[held - 1]) ?? last
    state = page.state
    broken = page.broken
    progress?.(events, Number(head.seq))
    const end = rows.at(-1)
    if (!end || rows.length < pageRows) break
    from = end.seq + 1n
  }
  broken ??= checkHead(lastSeq > head.seq ? { ...state, seq: lastSeq } : state, head)
  return {
    broken,
    verified: {
      ok: broken === null,
      events,
      firstBroken: broken?.seq.toString() ?? null,
      problem: broken?.problem ?? null,
      headSeq: head.seq.toString(),
      headChain: Buffer.from(head.chain).toString('hex'),
      covered: first && last && { first, last },
    },
  }
}

function placeOf(row: Pick<AuditRow, 'seq' | 'time'> | undefined): AuditPlace | null {
  return row ? { seq: row.seq.toString(), time: row.time } : null
}

function verdict(actor: Actor, result: AuditVerification, broken: BrokenRow | null): AuditEntry {
  const object = { type: 'audit' as const, id: null }
  const { events, millis } = result
  if (!broken) {
    const data = { from: '1', to: result.headSeq, events, millis }
    return { type: 'audit.verified', outcome: 'success', actor, object, data }
  }
  const data = { kind: broken.kind, seq: broken.seq.toString(), events, millis }
  return { type: 'audit.verification_failed', outcome: 'failure', reason: broken.kind, actor, object, data }
}

/** Types and prefixes come from a URL. */
function checkTypes(types: string[]): void {
  if (types.length <= 50 && types.every((type) => /^[a-z][a-z_.]{0,63}$/.test(type))) return
  throw new Refusal('invalid_input', 'This is not an event type.', { fields: { type: 'Not an event type.' } })
}

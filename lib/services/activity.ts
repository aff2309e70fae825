/** What an issuer, a group, a device or a person did in a period: sums of what it led to, and the events that say so. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { periodOf } from './as-of'
import type { AuditEventView, AuditOutcome, Page } from './audit'
import { subjectOfKey } from './devices'
import { authorise } from './permissions'

export const ACTIVITY_KINDS = ['group', 'issuer', 'device', 'person'] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

export interface ActivityRequest {
  kind: ActivityKind
  /** Slug of a group or an issuer, key of a device, id of a person or an API key. */
  id: string
  /** Days, of which the first begins the period and the last is in it, or times; a month up to now unless given. */
  from?: string
  to?: string
}

export interface ActivitySums {
  /** Leaves that were issued, and how many of them took over from another. */
  issued: number
  renewed: number
  challenges: number
  /** Enrolments that began, by what became of them. */
  enrolments: { state: string; count: number }[]
  /** Certificates whose revocation or hold of today began in the period. */
  revocations: { by: string; reason: string; count: number }[]
  /** Words of people about held requests. */
  decisions: { by: string; approves: boolean; count: number }[]
}

export interface ActivityView {
  subject: { kind: ActivityKind; id: string; name: string }
  from: Date
  to: Date
  /** Null for a person, whose doings are their events. */
  sums: ActivitySums | null
  /** Its events by type and outcome, most first; `events.more` when there are so many that the oldest were not counted. */
  events: { counts: { type: string; outcome: AuditOutcome; count: number }[]; more: boolean }
}

/** Refusals of all: invalid_input, not_found. */
export interface ActivityService {
  summary(actor: Actor, request: ActivityRequest): Promise<ActivityView>
  /** Newest first. */
  events(
    actor: Actor,
    request: ActivityRequest,
    page: { cursor?: string; limit?: number },
  ): Promise<Page<AuditEventView>>
}

/** Whose rows and events are looked for. Events of a person are theirs as actor; of the others, those about these objects. */
export interface ActivitySubject {
  id: string
  name: string
  events: { actorId: string } | { objectIds: string[] }
  /** Null for a person. */
  rows:
    | { authorityIds: string[]; endpointIds: string[]; groupId: string }
    | { subject: string }
    | { deviceId: string }
    | null
}

export interface Period {
  from: Date
  to: Date
}

export interface ActivityStore {
  subject(kind: ActivityKind, id: string, period: Period): Promise<ActivitySubject | null>
  sums(rows: NonNullable<ActivitySubject['rows']>, period: Period): Promise<ActivitySums>
  /** Of the newest `most` events. */
  eventCounts(of: ActivitySubject['events'], period: Period, most: number): Promise<ActivityView['events']>
  /** Newest first, with numbers below `before`. */
  events(
    of: ActivitySubject['events'],
    period: Period,
    page: { before: bigint | null; limit: number },
  ): Promise<AuditEventView[]>
}

const MOST_COUNTED = 100_000
const PAGE = { usual: 50, most: 200 }

export function createActivity({ store, clock }: { store: ActivityStore; clock: () => Date }): ActivityService {
  async function asked({ kind, id, ...between }: ActivityRequest) {
    const period = periodOf(between, clock())
    const subject = isName(kind, id) ? await store.subject(kind, id, period) : null
    if (subject === null) throw new Refusal('not_found', `There is no such ${kind}.`, { reason: `${kind}_unknown` })
    return { period, subject }
  }

  return {
    async summary(actor, request) {
      authorise(actor, 'activity:read')
      const { period, subject } = await asked(request)
      const [sums, events] = await Promise.all([
        subject.rows && store.sums(subject.rows, period),
        store.eventCounts(subject.events, period, MOST_COUNTED),
      ])
      return { subject: { kind: request.kind, id: subject.id, name: subject.name }, ...period, sums, events }
    },

    async events(actor, request, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'activity:read')
      const before = checkedCursor(cursor)
      const { period, subject } = await asked(request)
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      const rows = await store.events(subject.events, period, { before, limit: most + 1 })
      const items = rows.slice(0, most)
      return { items, nextCursor: rows.length > most ? (items.at(-1)?.seq ?? null) : null }
    },
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Only what can be one is looked for: the database takes no other for an id. */
function isName(kind: ActivityKind, id: string): boolean {
  switch (kind) {
    case 'group':
    case 'issuer':
      return /^[a-z0-9-]{1,128}$/.test(id)
    case 'person':
      return UUID.test(id)
    case 'device':
      return UUID.test(id) || subjectOfKey(id) !== null
  }
}

function checkedCursor(cursor: string | undefined): bigint | null {
  if (cursor === undefined || cursor === '') return null
  if (/^[0-9]{1,18}$/.test(cursor)) return BigInt(cursor)
  throw new Refusal('invalid_input', 'This page marker is not one of ours. Start from the first page.', {
    reason: 'invalid_cursor',
  })
}

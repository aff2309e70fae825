/**
 * Which certificates were valid at a moment in the past, under which policy, and what became different between two moments.
 * Valid is what a relying party would have accepted: issued, within its time, neither revoked nor on hold, and its issuer
 * not revoked.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { Page } from './audit'
import { cursorOf, parseCursor } from './certificate-requests'
import { authorise } from './permissions'
import { type PolicyObject, type PolicyVersionRow, type PolicyVersionView, viewOf } from './policy-versions'

export interface AsOfFilter {
  group?: string
  /** Slug of the authority that signed them. */
  issuer?: string
  endpoint?: string
}

interface Named {
  slug: string
  name: string
}

export interface AsOfCertificate {
  id: string
  serial: string
  subject: string
  commonName: string | null
  group: Named | null
  issuer: Named
  endpoint: Named | null
  /** Of the endpoint, as it was issued. */
  policyVersion: number | null
  issuedAt: Date
  notAfter: Date
}

export interface AsOfCount {
  group: Named | null
  issuer: Named
  endpoint: Named | null
  policyVersion: number | null
  certificates: number
}

export interface AsOfCounts {
  at: Date
  total: number
  /** Most certificates first. */
  counts: AsOfCount[]
}

/** Why a certificate counts at the second moment and did not at the first, or the other way round. */
export type CameBy = 'issued' | 'renewed' | 'released'
export type GoneBy = 'expired' | 'revoked' | 'held' | 'issuer_revoked'
export type Side = 'came' | 'gone'

export interface GroupComparison {
  group: Named | null
  before: number
  after: number
  came: Record<CameBy, number>
  gone: Record<GoneBy, number>
}

export interface AuthorityChange {
  authority: Named
  what: 'created' | 'retired' | 'revoked'
  at: Date
}

export interface Comparison {
  from: Date
  to: Date
  groups: GroupComparison[]
  /** Newest first; of those that there were, at most a hundred. */
  policies: (PolicyVersionView & { object: PolicyObject })[]
  authorities: AuthorityChange[]
}

/** Two moments; a month up to now unless given. */
export interface Between {
  from?: string
  to?: string
}

/**
 * Moments are days such as 2026-03-14, which stand for their end, UTC, or for now while they last; or times such as
 * 2026-03-14T08:00:00Z. Refusals of all: invalid_input.
 */
export interface AsOfService {
  /** The moment itself, newest issued first. */
  list(
    actor: Actor,
    on: string | undefined,
    filter: AsOfFilter,
    page: { cursor?: string; limit?: number },
  ): Promise<Page<AsOfCertificate> & { at: Date }>
  counts(actor: Actor, on: string | undefined, filter: AsOfFilter): Promise<AsOfCounts>
  compare(actor: Actor, between: Between, filter: AsOfFilter): Promise<Comparison>
  /** The certificates of one side of a comparison, newest issued first. */
  changes(
    actor: Actor,
    between: Between & { side: Side },
    filter: AsOfFilter,
    page: { cursor?: string; limit?: number },
  ): Promise<Page<AsOfCertificate & { cause: CameBy | GoneBy }>>
}

export interface AsOfPage {
  after: { createdAt: Date; id: string } | null
  limit: number
}

export type AsOfRow = AsOfCertificate & { createdAt: Date }

export interface AsOfStore {
  valid(at: Date, filter: AsOfFilter, page: AsOfPage): Promise<AsOfRow[]>
  counts(at: Date, filter: AsOfFilter): Promise<AsOfCount[]>
  compare(from: Date, to: Date, filter: AsOfFilter): Promise<GroupComparison[]>
  changes(
    between: { from: Date; to: Date; side: Side },
    filter: AsOfFilter,
    page: AsOfPage,
  ): Promise<(AsOfRow & { cause: CameBy | GoneBy })[]>
  /** Later than the first moment, newest first, with the version before each. */
  policyChanges(
    from: Date,
    to: Date,
    filter: AsOfFilter,
    limit: number,
  ): Promise<{ object: PolicyObject; row: PolicyVersionRow; before: PolicyVersionRow | null }[]>
  authorityChanges(from: Date, to: Date, filter: AsOfFilter): Promise<AuthorityChange[]>
}

const PAGE = { usual: 50, most: 200 }
const MOST_POLICIES = 100

export function createAsOf({ store, clock }: { store: AsOfStore; clock: () => Date }): AsOfService {
  return {
    async list(actor, on, filter, page) {
      authorise(actor, 'as-of:read')
      const at = momentOf(on, clock())
      const { limit, position } = checkedPage(page)
      return { at, ...pageOf(await store.valid(at, checked(filter), position), limit) }
    },

    async counts(actor, on, filter) {
      authorise(actor, 'as-of:read')
      const at = momentOf(on, clock())
      const counts = await store.counts(at, checked(filter))
      return { at, total: counts.reduce((sum, { certificates }) => sum + certificates, 0), counts }
    },

    async compare(actor, between, filter) {
      authorise(actor, 'as-of:read')
      const { from, to } = span(between, clock())
      const wish = checked(filter)
      const [groups, policies, authorities] = await Promise.all([
        store.compare(from, to, wish),
        store.policyChanges(from, to, wish, MOST_POLICIES),
        store.authorityChanges(from, to, wish),
      ])
      const versions = policies.map(({ object, row, before }) => ({ object, ...viewOf(row, before) }))
      return { from, to, groups, policies: versions, authorities }
    },

    async changes(actor, { side, ...between }, filter, page) {
      authorise(actor, 'as-of:read')
      const { limit, position } = checkedPage(page)
      const rows = await store.changes({ ...span(between, clock()), side }, checked(filter), position)
      return pageOf(rows, limit)
    },
  }
}

function pageOf<Row extends AsOfRow>(rows: Row[], limit: number): Page<Omit<Row, 'createdAt'>> {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  const items = rows.slice(0, limit).map(({ createdAt: _, ...row }) => row)
  return { items, nextCursor: last === undefined ? null : cursorOf(last) }
}

function checkedPage({ cursor, limit = PAGE.usual }: { cursor?: string; limit?: number }) {
  const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
  return { limit: most, position: { after: cursor === undefined ? null : parseCursor(cursor), limit: most + 1 } }
}

function span({ from, to }: Between, now: Date): { from: Date; to: Date } {
  const [first, second] = [momentOf(from ?? monthAgo(now), now, 'from'), momentOf(to, now, 'to')]
  if (first < second) return { from: first, to: second }
  return refuse('from', 'The first day must come before the second.')
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/
const DAY_MS = 86_400_000

/** Now unless one is given. */
export function momentOf(text: string | undefined, now: Date, field = 'on'): Date {
  if (text === undefined) return now
  const given = beginningOf(text, now, field)
  return DAY.test(text) ? new Date(Math.min(given.getTime() + DAY_MS - 1, now.getTime())) : given
}

/** From the beginning of the first day to the end of the last one. */
export function periodOf({ from, to }: Between, now: Date): { from: Date; to: Date } {
  const period = { from: beginningOf(from ?? monthAgo(now), now, 'from'), to: momentOf(to, now, 'to') }
  if (period.from <= period.to) return period
  return refuse('from', 'The first day must come before the last.')
}

function monthAgo(now: Date): string {
  return new Date(now.getTime() - 30 * DAY_MS).toISOString().slice(0, 10)
}

function beginningOf(text: string, now: Date, field: string): Date {
  const day = DAY.test(text)
  const given = day || MOMENT.test(text) ? new Date(text) : new Date(Number.NaN)
  // JavaScript takes 31 February for 3 March.
  if (Number.isNaN(given.getTime()) || (day && given.toISOString().slice(0, 10) !== text))
    return refuse(field, 'Give a day such as 2026-03-14, or a time such as 2026-03-14T08:00:00Z.')
  // Nothing here is older, and a database has no year 0.
  if (given.getTime() < 0) return refuse(field, 'That lies before 1970. Give a later day.')
  if (given > now) return refuse(field, 'That lies ahead. Give a day that has begun.')
  return given
}

function checked(filter: AsOfFilter): AsOfFilter {
  for (const [field, value] of Object.entries(filter))
    if (value.includes('\0') || value.length > 300) refuse(field, 'There is nothing of this name.')
  return filter
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

/** What decides whether a certificate counted at a moment. The store asks the same in SQL. */
export interface PastLifetime {
  issuedAt: Date
  notBefore: Date
  notAfter: Date
  revokedAt: Date | null
  issuerRevokedAt: Date | null
  /** Holds that are over. */
  holds: { since: Date; until: Date }[]
}

export function wasValid(lifetime: PastLifetime, at: Date): boolean {
  const { issuedAt, notBefore, notAfter } = lifetime
  return issuedAt <= at && notBefore <= at && endedBy(lifetime, at) === null && notAfter >= at
}

/** What had ended it at that moment; a hold that is still there is told by its reason, which the caller knows. */
export function endedBy(lifetime: PastLifetime, at: Date): 'revoked' | 'held' | 'issuer_revoked' | 'expired' | null {
  const { notAfter, revokedAt, issuerRevokedAt, holds } = lifetime
  if (revokedAt !== null && revokedAt <= at) return 'revoked'
  if (issuerRevokedAt !== null && issuerRevokedAt <= at && notAfter >= issuerRevokedAt) return 'issuer_revoked'
  if (holds.some(({ since, until }) => since <= at && at < until)) return 'held'
  return notAfter < at ? 'expired' : null
}

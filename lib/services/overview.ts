/** How things stand, counted: each number is that of a list, and the list with the same filter shows exactly as many. */
import type { Actor } from './actor'
import { EXPIRING_MS } from './certificate-view'
import type { CertificateStatus } from './certificates'
import { causeOf, explanationOf } from './enrolment-refusals'
import { beginningOfDay, beginningOfWeek, DAY_MS, type Named, WEEK_MS, type Week, weeksOf } from './overview-forecast'
import { authoriseInGroups } from './permissions'

export interface Standing {
  total: number
  statuses: Partial<Record<CertificateStatus, number>>
  /** By name; only those with a certificate. */
  groups: { group: Named | null; total: number; statuses: Partial<Record<CertificateStatus, number>> }[]
}

export interface DayCount {
  day: Date
  issued: number
  /** Refused or failed. */
  unsuccessful: number
}

export interface Activity {
  /** The days in UTC, oldest first; the last one is today. */
  days: DayCount[]
  /** Those with anything to show, the busiest first, each with the same days. */
  groups: { group: Named; issued: number; unsuccessful: number; days: DayCount[] }[]
  issued: number
  unsuccessful: number
}

export interface CauseCount {
  reason: string
  cause: string
  count: number
}

export interface Waiting {
  total: number
  groups: { group: Named; count: number }[]
}

/** What an installation has of the way from nothing to the first device on the network. */
export interface Milestones {
  group: boolean
  /** A challenge was minted, or devices get theirs in another way. */
  authorised: boolean
  certificate: boolean
  networkAccess: boolean
  radiusServer: boolean
  admitted: boolean
}

/** Counts of one group, or of what belongs to none. */
export type Counted<T> = T & { group: Named | null; count: number }

export interface OverviewStore {
  /** Issued leaves by status. */
  certificates(
    at: { now: Date; expiringBefore: Date },
    groups: Reached,
  ): Promise<Counted<{ status: CertificateStatus }>[]>
  /** Issued leaves by the day of their issuance in UTC. */
  issued(from: Date, groups: Reached): Promise<Counted<{ day: Date }>[]>
  /** Enrolments that were refused or failed, by their day in UTC. */
  unsuccessful(from: Date, groups: Reached): Promise<Counted<{ day: Date }>[]>
  causes(from: Date, groups: Reached): Promise<{ reason: string; count: number }[]>
  /** Certificates that hold now, by how many weeks after `from` they end. */
  ends(
    span: { now: Date; from: Date; to: Date },
    groups: Reached,
  ): Promise<{ week: number; count: number; renewed: number }[]>
  /** Challenges that were minted and not used yet. */
  waiting(now: Date, groups: Reached): Promise<Counted<unknown>[]>
  milestones(groups: Reached): Promise<Milestones>
}

/** Slugs of the groups that somebody is limited to; null for all. */
export type Reached = readonly string[] | null

export interface OverviewService {
  standing(actor: Actor): Promise<Standing>
  activity(actor: Actor, days: number): Promise<Activity>
  /** Why devices went without a certificate, the most frequent first. */
  causes(actor: Actor, days: number): Promise<CauseCount[]>
  /** When what holds now ends, by weeks from the present one on. */
  forecast(actor: Actor): Promise<Week[]>
  waiting(actor: Actor): Promise<Waiting>
  milestones(actor: Actor): Promise<Milestones>
}

/** A year, and the week in which what is issued today for a year ends. */
export const FORECAST_WEEKS = 54
const MOST_DAYS = 90

export function createOverview({ store, clock }: { store: OverviewStore; clock: () => Date }): OverviewService {
  function admitted(actor: Actor): Reached {
    authoriseInGroups(actor, 'overview:read')
    return actor.groups ?? null
  }

  return {
    async standing(actor) {
      const groups = admitted(actor)
      const now = clock()
      const rows = await store.certificates({ now, expiringBefore: new Date(now.getTime() + EXPIRING_MS) }, groups)
      const perGroup = [...Map.groupBy(rows, ({ group }) => group?.slug).values()].map((counts) => ({
        group: counts[0]?.group ?? null,
        ...tally(counts),
      }))
      return { ...tally(rows), groups: perGroup.sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en')) }
    },

    async activity(actor, days) {
      const groups = admitted(actor)
      const from = firstOf(days, clock())
      const [issued, unsuccessful] = await Promise.all([store.issued(from, groups), store.unsuccessful(from, groups)])
      const named = new Map(
        [...issued, ...unsuccessful].flatMap(({ group }) => (group === null ? [] : [[group.slug, group]])),
      )
      const perGroup = [...named.values()].map((group) => {
        const isOfGroup = (row: Counted<unknown>) => row.group?.slug === group.slug
        return {
          group,
          issued: sum(issued.filter(isOfGroup)),
          unsuccessful: sum(unsuccessful.filter(isOfGroup)),
          days: daysOf(from, clock(), issued.filter(isOfGroup), unsuccessful.filter(isOfGroup)),
        }
      })
      return {
        days: daysOf(from, clock(), issued, unsuccessful),
        groups: perGroup.sort((a, b) => b.issued + b.unsuccessful - a.issued - a.unsuccessful),
        issued: sum(issued),
        unsuccessful: sum(unsuccessful),
      }
    },

    async causes(actor, days) {
      const counts = await store.causes(firstOf(days, clock()), admitted(actor))
      return counts.map(({ reason, count }) => ({ reason, count, cause: causeInWords(reason) }))
    },

    async forecast(actor) {
      const groups = admitted(actor)
      const now = clock()
      const from = beginningOfWeek(now)
      const to = new Date(from.getTime() + FORECAST_WEEKS * WEEK_MS)
      return weeksOf(from, FORECAST_WEEKS, await store.ends({ now, from, to }, groups))
    },

    async waiting(actor) {
      const rows = await store.waiting(clock(), admitted(actor))
      const groups = rows.flatMap(({ group, count }) => (group === null ? [] : [{ group, count }]))
      return { total: sum(rows), groups: groups.sort((a, b) => b.count - a.count) }
    },

    async milestones(actor) {
      return store.milestones(admitted(actor))
    },
  }
}

/** Today counts as one. */
export function firstOf(days: number, now: Date): Date {
  const span = Math.min(Math.max(Math.trunc(days), 1), MOST_DAYS)
  return new Date(beginningOfDay(now).getTime() - (span - 1) * DAY_MS)
}

function daysOf(
  from: Date,
  now: Date,
  issued: readonly Counted<{ day: Date }>[],
  unsuccessful: readonly Counted<{ day: Date }>[],
): DayCount[] {
  const length = Math.round((beginningOfDay(now).getTime() - from.getTime()) / DAY_MS) + 1
  const per = (rows: readonly Counted<{ day: Date }>[]) => Map.groupBy(rows, ({ day }) => day.getTime())
  const [perDay, refusedPerDay] = [per(issued), per(unsuccessful)]
  return Array.from({ length }, (_, index) => {
    const day = new Date(from.getTime() + index * DAY_MS)
    return {
      day,
      issued: sum(perDay.get(day.getTime()) ?? []),
      unsuccessful: sum(refusedPerDay.get(day.getTime()) ?? []),
    }
  })
}

function tally(rows: readonly { status: CertificateStatus; count: number }[]): Omit<Standing, 'groups'> {
  const statuses: Standing['statuses'] = {}
  for (const { status, count } of rows) statuses[status] = (statuses[status] ?? 0) + count
  return { total: sum(rows), statuses }
}

function causeInWords(reason: string): string {
  return causeOf(explanationOf(reason) ?? `The request was refused: ${reason}.`).cause
}

function sum(rows: readonly { count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0)
}

function nameOf({ group }: { group: Named | null }): string {
  return group?.name ?? ''
}

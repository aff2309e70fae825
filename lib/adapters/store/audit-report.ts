/** Counts of a report, taken from indexes alone: the rows of a year of events would be many gigabytes to read. */
import type { ActorCount, AuditReportStore, TypeCount } from '@/lib/services/audit-report'
import { distinct, matchingEvents } from './audit-search'
import type { Database } from './database'
import { within } from './within'

/** Counting ten million rows may take longer than any other statement is given. */
const PATIENCE = 3 * 60_000

export function auditReportStore(db: Database): AuditReportStore {
  return {
    async span(period) {
      const [first] = await db.$queryRaw<{ seq: bigint }[]>(matchingEvents(period, {}, 'asc', 1))
      const [last] = await db.$queryRaw<{ seq: bigint }[]>(matchingEvents(period, {}, 'desc', 1))
      return first && last ? { first: first.seq, last: last.seq } : null
    },

    async counts(first, last) {
      return within(
        db,
        PATIENCE,
        (transaction) => transaction.$queryRaw<TypeCount[]>`
        ${distinct('type')}, every as (
          select k.value as type, (select count(*) from audit_event where type = k.value and seq between ${first} and ${last}) as count
          from kinds k where k.value is not null
        ), unsuccessful as (
          select type, outcome, count(*) as count from audit_event
          where outcome <> 'success' and seq between ${first} and ${last} group by type, outcome
        ), counted as (
          select every.type, 'success' as outcome, every.count - coalesce((select sum(u.count) from unsuccessful u where u.type = every.type), 0) as count
          from every
          union all select type, outcome, count from unsuccessful
        )
        select type, outcome, count::int from counted where count > 0 order by type, outcome`,
      )
    },

    async actors(first, last, limit) {
      return within(
        db,
        PATIENCE,
        (transaction) => transaction.$queryRaw<ActorCount[]>`
        select a.actor_id as id, a.count::int, coalesce(e.actor_name, a.actor_id) as name from (
          select actor_id, count(*) as count from audit_event
          where actor_id is not null and seq between ${first} and ${last} group by actor_id order by count desc, actor_id limit ${limit}
        ) a cross join lateral (
          select actor_name from audit_event where actor_id = a.actor_id and seq <= ${last} order by seq desc limit 1
        ) e order by a.count desc, a.actor_id`,
      )
    },

    async organisation() {
      return (await db.organisation.findFirst({ select: { name: true } }))?.name ?? 'an organisation'
    },
  }
}

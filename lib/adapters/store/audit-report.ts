/** Counts of a report, taken from indexes alone: the rows of a year of events would be many gigabytes to read. */
import { Refusal } from '@/lib/errors'
import type { ActorCount, AuditReportStore, PeriodRows, RowRun, TypeCount } from '@/lib/services/audit-report'
import type { ExportedRow } from '@/lib/services/audit-trail'
import { distinct } from './audit-search'
import type { Database, Transaction } from './database'
import { Prisma } from './generated/client'
import { within } from './within'

/** Counting ten million rows may take longer than any other statement is given. */
const PATIENCE = 3 * 60_000
/** Each run is looked up once for each kind of event. A clock that is set back makes two or three. */
const MOST_RUNS = 10_000

export function auditReportStore(db: Database, mostRuns = MOST_RUNS): AuditReportStore {
  const patiently = <T>(ask: (transaction: Transaction) => Promise<T>) =>
    within(db, PATIENCE, async (transaction) => {
      // Where rows were not vacuumed yet, the planner would rather read the table in its order than the index that has it all.
      await transaction.$executeRaw`select set_config('random_page_cost', '0', true)`
      return ask(transaction)
    })
  return {
    async placesOf({ from, to }) {
      const inPeriod = Prisma.sql`time >= ${from}::timestamptz and time < ${to}::timestamptz`
      return patiently(async (transaction) => {
        const [all] = await transaction.$queryRaw<Extent[]>`
          select min(seq) as first, max(seq) as last, count(*) as count, coalesce(bool_or(seq < earlier), false) as turned
          from (select seq, lag(seq) over (order by time, seq) as earlier from audit_event where ${inPeriod}) e`
        if (!all || all.first === null || all.last === null) return null
        const whole = { first: all.first, last: all.last }
        if (all.last - all.first + 1n === all.count) return { runs: [whole], inOrder: !all.turned }
        // Its own step, or the planner reads the whole table for rows that come sorted already.
        const runs = await transaction.$queryRaw<(RowRun & { others: boolean })[]>`
          with here as materialized (select seq from audit_event where ${inPeriod})
          select first, last, exists (select from audit_event where seq > last and seq < next) as others
          from (
            select min(seq) as first, max(seq) as last, lead(min(seq)) over (order by min(seq)) as next
            from (select seq, seq - row_number() over (order by seq) as island from here) e
            group by island
          ) r order by first limit ${mostRuns + 1}`
        if (runs.length > mostRuns) throw scattered()
        const inOrder = !all.turned && !runs.some(({ others }) => others)
        return { runs: runs.map(({ first, last }) => ({ first, last })), inOrder } satisfies PeriodRows
      })
    },

    async counts(runs) {
      const [first, last] = [runs[0]?.first ?? 1n, runs.at(-1)?.last ?? 0n]
      return patiently(
        (transaction) => transaction.$queryRaw<TypeCount[]>`
        ${distinct('type')}, every as (
          select k.value as type, ${countIn(runs, Prisma.sql`type = k.value`)} as count from kinds k where k.value is not null
        ), ends as (
          select distinct type, outcome from audit_event where outcome <> 'success' and seq between ${first} and ${last}
        ), unsuccessful as (
          select n.type, n.outcome, ${countIn(runs, Prisma.sql`outcome <> 'success' and type = n.type and outcome = n.outcome`)} as count
          from ends n
        ), counted as (
          select every.type, 'success' as outcome, every.count - coalesce((select sum(u.count) from unsuccessful u where u.type = every.type), 0) as count
          from every
          union all select type, outcome, count from unsuccessful
        )
        select type, outcome, count::int from counted where count > 0 order by type, outcome`,
      )
    },

    async actors(runs, limit) {
      return patiently(
        (transaction) => transaction.$queryRaw<ActorCount[]>`
        ${distinct('actor_id')}
        select a.actor_id as id, a.count::int, coalesce(e.actor_name, a.actor_id) as name from (
          select * from (
            select k.value as actor_id, ${countIn(runs, Prisma.sql`actor_id = k.value`)} as count from kinds k where k.value is not null
          ) each where count > 0 order by count desc, actor_id limit ${limit}
        ) a cross join lateral (
          select actor_name from audit_event where actor_id = a.actor_id and seq <= ${runs.at(-1)?.last ?? 0n} order by seq desc limit 1
        ) e order by a.count desc, a.actor_id`,
      )
    },

    async events(types, runs, limit) {
      // Their numbers first, from the index of types, which `offset` keeps apart; then the few rows.
      return patiently(
        (transaction) => transaction.$queryRaw<ExportedRow[]>`
        select e.seq, e.payload, e.leaf, e.chain from (
          select found.seq from unnest(${types}::text[]) as wanted (type) cross join ${rowRuns(runs)} cross join lateral (
            select seq from audit_event where type = wanted.type and seq between r.first and r.last offset 0
          ) found order by found.seq limit ${limit}
        ) n join audit_event e on e.seq = n.seq order by e.seq`,
      )
    },

    async organisation() {
      return (await db.organisation.findFirst({ select: { name: true } }))?.name ?? 'an organisation'
    },
  }
}

interface Extent {
  first: bigint | null
  last: bigint | null
  count: bigint
  /** A later event has a smaller number. */
  turned: boolean
}

function rowRuns(runs: RowRun[]): Prisma.Sql {
  const [firsts, lasts] = [runs.map(({ first }) => first), runs.map(({ last }) => last)]
  return Prisma.sql`unnest(${firsts}::bigint[], ${lasts}::bigint[]) as r (first, last)`
}

function countIn(runs: RowRun[], condition: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(select sum(n.count) from ${rowRuns(runs)} cross join lateral (
    select count(*) as count from audit_event where ${condition} and seq between r.first and r.last) n)`
}

function scattered(): Refusal {
  return new Refusal(
    'invalid_input',
    'The events of this period lie scattered over too many places of the trail. Choose a shorter period.',
    { reason: 'period_scattered' },
  )
}

/** What the overview counts, in Postgres: each from an index of its own, by the conditions of the lists. */
import type { Milestones, OverviewStore, Reached } from '@/lib/services/overview'
import { WEEK_MS } from '@/lib/services/overview-forecast'
import { statusColumn } from './certificate-filter'
import { isPending, UNSPENT } from './challenge-rows'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { isQuestion, UNSUCCESSFUL } from './transactions'

/** Issued leaves with what decides on their status; c and ic as in certificate-filter.ts. */
const LEAVES = Prisma.sql`certificate c join authority a on a.id = c.authority_id left join certificate ic on ic.id = a.certificate_id
  where c.kind = 'leaf' and c.state = 'issued'`

export function overviewStore(database: Database): OverviewStore {
  return guarded<OverviewStore>({
    async certificates({ now, expiringBefore }, groups) {
      const mine = ofGroups(Prisma.sql`c.group_id`, groups)
      // Hardly any issuer is revoked: what the others issued is told by its own columns, without a join for each row.
      const [plain, underRevoked] = await Promise.all([
        database.$queryRaw<(GroupRow & { status: Status })[]>`
          select g.slug, g.name, x.status, x.count from (
            select c.group_id, ${plainStatus(now, expiringBefore)} as status, count(*)::int as count from certificate c
            where c.kind = 'leaf' and c.state = 'issued' and ${UNDER_UNREVOKED} and ${mine} group by 1, 2
          ) x left join "group" g on g.id = x.group_id`,
        database.$queryRaw<(GroupRow & { status: Status })[]>`
          select g.slug, g.name, x.status, x.count from (
            select c.group_id, ${statusColumn(now, expiringBefore)} as status, count(*)::int as count
            from ${LEAVES} and ic.revoked_at is not null and ${mine} group by 1, 2
          ) x left join "group" g on g.id = x.group_id`,
      ])
      return [...plain, ...underRevoked].map((row) => ({ ...counted(row), status: row.status }))
    },

    async issued(from, groups) {
      const rows = await database.$queryRaw<(GroupRow & { day: Date })[]>`
        select g.slug, g.name, x.day, x.count from (
          select c.group_id, ${dayOf(Prisma.sql`c.issued_at`)} as day, count(*)::int as count from certificate c
          where c.kind = 'leaf' and c.state = 'issued' and c.issued_at >= ${from} and ${ofGroups(Prisma.sql`c.group_id`, groups)}
          group by 1, 2
        ) x left join "group" g on g.id = x.group_id`
      return rows.map((row) => ({ ...counted(row), day: row.day }))
    },

    async unsuccessful(from, groups) {
      const rows = await database.$queryRaw<(GroupRow & { day: Date })[]>`
        select g.slug, g.name, x.day, x.count from (
          select e.group_id, ${dayOf(Prisma.sql`t.created_at`)} as day, count(*)::int as count
          from enrolment_transaction t join endpoint e on e.id = t.endpoint_id
          where ${UNSUCCESSFUL} and not ${isQuestion} and t.created_at >= ${from} and ${ofGroups(Prisma.sql`e.group_id`, groups)}
          group by 1, 2
        ) x join "group" g on g.id = x.group_id`
      return rows.map((row) => ({ ...counted(row), day: row.day }))
    },

    async causes(from, groups) {
      return database.$queryRaw<{ reason: string; count: number }[]>`
        select t.reason, count(*)::int as count from enrolment_transaction t join endpoint e on e.id = t.endpoint_id
        where ${UNSUCCESSFUL} and not ${isQuestion} and t.reason is not null and t.created_at >= ${from}
          and ${ofGroups(Prisma.sql`e.group_id`, groups)}
        group by 1 order by 2 desc, 1`
    },

    async ends({ now, from, to }, groups) {
      const week = Prisma.sql`floor((extract(epoch from c.not_after)::float8 - ${from.getTime() / 1_000}) / ${WEEK_MS / 1_000})::int`
      return database.$queryRaw<{ week: number; count: number; renewed: number }[]>`
        with successor as (
          -- One that was given up leaves room for another.
          select distinct renews_certificate_id as id from certificate
          where kind = 'leaf' and state = 'issued' and renews_certificate_id is not null)
        select ${week} as week, count(*)::int as count, count(n.id)::int as renewed
        from certificate c left join successor n on n.id = c.id
        where c.kind = 'leaf' and c.state = 'issued' and c.revoked_at is null and c.not_before <= ${now} and c.not_after >= ${now}
          and c.not_after < ${to} and ${UNDER_UNREVOKED} and ${ofGroups(Prisma.sql`c.group_id`, groups)}
        group by 1`
    },

    async waiting(now, groups) {
      const rows = await database.$queryRaw<GroupRow[]>`
        select g.slug, g.name, x.count from (
          select e.group_id, count(*)::int as count from ${UNSPENT} join endpoint e on e.id = u.endpoint_id
          where ${isPending} and u.origin in ('minted', 'signed') and u.expires_at > ${now}
            and ${ofGroups(Prisma.sql`e.group_id`, groups)}
          group by 1
        ) x join "group" g on g.id = x.group_id`
      return rows.map(counted)
    },

    async milestones(groups) {
      const [row] = await database.$queryRaw<[Milestones]>`
        with mine as (select id from "group" g where ${ofGroups(Prisma.sql`g.id`, groups)})
        select exists (select from mine) as "group",
          exists (select from challenge c join endpoint e on e.id = c.endpoint_id where e.group_id in (select id from mine)) as authorised,
          exists (select from certificate c where c.kind = 'leaf' and c.state = 'issued' and c.group_id in (select id from mine)) as certificate,
          exists (select from network_access n where n.enabled and n.group_id in (select id from mine)) as "networkAccess",
          exists (select from api_key k where k.role = 'radius' and k.revoked_at is null) as "radiusServer",
          exists (select from network_sighting s join certificate c on c.id = s.certificate_id
            where c.state = 'issued' and c.group_id in (select id from mine)) as admitted`
      return row
    },
  })
}

/** What is not under a revoked issuer, by the authority's id alone. */
const UNDER_UNREVOKED = Prisma.sql`c.authority_id in (
  select a.id from authority a left join certificate ic on ic.id = a.certificate_id where ic.revoked_at is null)`

/** statusColumn() for what is not under a revoked issuer. */
function plainStatus(now: Date, expiringBefore: Date): Prisma.Sql {
  return Prisma.sql`(case when c.revoked_at is not null then
      case when c.revocation_reason = 'certificateHold' then 'held' else 'revoked' end
    when c.not_after < ${now} then 'expired' when c.not_before > ${now} then 'not_yet_valid'
    when c.not_after <= ${expiringBefore} then 'expiring' else 'valid' end)`
}

type Status = Awaited<ReturnType<OverviewStore['certificates']>>[number]['status']

interface GroupRow {
  slug: string | null
  name: string | null
  count: number
}

function counted({ slug, name, count }: GroupRow) {
  return { group: slug === null || name === null ? null : { slug, name }, count }
}

function ofGroups(column: Prisma.Sql, groups: Reached): Prisma.Sql {
  if (groups === null) return Prisma.sql`true`
  return Prisma.sql`${column} in (select id from "group" where slug = any(${[...groups]}::text[]))`
}

/** Midnight in UTC, as a moment. */
function dayOf(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`date_trunc('day', ${column}, 'UTC')`
}

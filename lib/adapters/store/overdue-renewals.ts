/** Certificates that should have been renewed, found along the index over their ends. */
import type { OverdueRenewal, OverdueRenewalStore } from '@/lib/services/overdue-renewals'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { inReach } from './reach'

/** renewableFrom() of lib/services/renewal-checks.ts: how long before its end a certificate may be renewed. */
const WINDOW = Prisma.sql`coalesce(make_interval(days => e.renewal_window_days), least((c.not_after - c.not_before) / 3, interval '30 days'))`

const TABLES = Prisma.sql`certificate c join endpoint e on e.id = c.endpoint_id
  join authority a on a.id = c.authority_id left join certificate ic on ic.id = a.certificate_id
  left join "group" g on g.id = c.group_id
  left join device_certificate l on l.certificate_id = c.id left join device d on d.id = l.device_id`

const COLUMNS = Prisma.sql`c.id, c.serial, c.subject, c.not_after, g.slug as group_slug, g.name as group_name,
  e.slug as endpoint_slug, e.name as endpoint_name, d.id as device_id, coalesce(d.name, d.serial, d.external_id, d.id::text) as device_name,
  d.last_seen_at, c.not_after - ${WINDOW} as renewable_from`

/**
 * The newest of its line and of its name, not ended, half of its window gone, and no request under its name since the
 * window opened. A device that its MDM removed has nothing to renew for.
 */
function overdue(at: Date): Prisma.Sql {
  return Prisma.sql`(c.kind = 'leaf' and c.state = 'issued' and c.revoked_at is null and ic.revoked_at is null
    and c.not_after > ${at} and c.not_after - ${WINDOW} / 2 <= ${at} and (d.id is null or d.management not in ('removed', 'wiped'))
    and not exists (select from certificate n where n.renews_certificate_id = c.id and n.state <> 'abandoned')
    and not exists (select from certificate n where n.subject = c.subject and n.group_id is not distinct from c.group_id
      and n.kind = 'leaf' and n.state = 'issued' and n.issued_at > c.issued_at)
    and not exists (select from enrolment_transaction t where t.subject = c.subject and t.endpoint_id = c.endpoint_id
      and t.created_at >= c.not_after - ${WINDOW} and t.created_at > c.issued_at and (t.message_type is null or t.message_type in (17, 18, 19))))`
}

export function overdueRenewalStore(database: Database): OverdueRenewalStore {
  return guarded<OverdueRenewalStore>({
    find: (at, limit, event) =>
      transact(database, async (transaction) => {
        await transaction.$executeRaw`
          update overdue_renewal o set resolved_at = ${at} where o.resolved_at is null
            and not exists (select from ${TABLES} where c.id = o.certificate_id and ${overdue(at)})`
        const rows = await transaction.$queryRaw<Row[]>`
          with bound as (select greatest(30, coalesce(max(renewal_window_days), 0)) as days from endpoint),
          found as (
            insert into overdue_renewal (certificate_id, found_at)
            select c.id, ${at} from ${TABLES}
            where c.not_after > ${at} and c.not_after <= ${at}::timestamptz + (select make_interval(days => days) from bound) / 2
              and ${overdue(at)} and not exists (select from overdue_renewal o where o.certificate_id = c.id)
            order by c.not_after, c.id limit ${limit}
            on conflict (certificate_id) do nothing returning certificate_id, found_at
          )
          select ${COLUMNS}, f.found_at from found f join ${TABLES} on c.id = f.certificate_id order by c.not_after, c.id`
        return { result: rows.length, events: rows.map(overdueOf).map(event) }
      }),

    async list({ group, search, groups }, { after, at, limit }) {
      const conditions = [
        Prisma.sql`o.resolved_at is null and ${overdue(at)}`,
        inReach(Prisma.sql`g.slug`, groups),
        ...(after === null
          ? []
          : [Prisma.sql`(o.found_at, o.certificate_id) > (${after.createdAt}, ${after.id}::uuid)`]),
        ...(group === undefined ? [] : [Prisma.sql`g.slug = ${group}`]),
        ...(search === undefined ? [] : [searchCondition(`%${search.replace(/[\\%_]/g, '\\$&')}%`)]),
      ]
      const rows = await database.$queryRaw<Row[]>`
        select ${COLUMNS}, o.found_at from overdue_renewal o join ${TABLES} on c.id = o.certificate_id
        where ${Prisma.join(conditions, ' and ')} order by o.found_at, o.certificate_id limit ${limit}`
      return rows.map(overdueOf)
    },

    async count(at, { groups }) {
      const [row] = await database.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from overdue_renewal o join ${TABLES} on c.id = o.certificate_id
        where o.resolved_at is null and ${overdue(at)} and ${inReach(Prisma.sql`g.slug`, groups)}`
      return row?.count ?? 0
    },
  })
}

function searchCondition(like: string): Prisma.Sql {
  return Prisma.sql`(c.subject ilike ${like} or d.name ilike ${like} or d.serial ilike ${like})`
}

interface Row {
  id: string
  serial: string
  subject: string
  not_after: Date
  group_slug: string | null
  group_name: string | null
  endpoint_slug: string
  endpoint_name: string
  device_id: string | null
  device_name: string | null
  last_seen_at: Date | null
  renewable_from: Date
  found_at: Date
}

function overdueOf(row: Row): OverdueRenewal {
  const { group_slug, group_name, device_id, device_name } = row
  return {
    certificate: { id: row.id, serial: row.serial, subject: row.subject, notAfter: row.not_after },
    group: group_slug === null || group_name === null ? null : { slug: group_slug, name: group_name },
    endpoint: { slug: row.endpoint_slug, name: row.endpoint_name },
    device:
      device_id === null || device_name === null
        ? null
        : { id: device_id, name: device_name, lastSeenAt: row.last_seen_at },
    renewableFrom: row.renewable_from,
    foundAt: row.found_at,
  }
}

/** Certificates that should have been renewed: found and looked at again in pieces, each of them a short transaction. */
import type { OverdueFilter, OverdueRenewal, OverdueRenewalStore, OverdueSort } from '@/lib/services/overdue-renewals'
import type { Reach } from '@/lib/services/permissions'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { inReach } from './reach'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'

/** Where either walk has come to, as "time id"; nothing where it begins anew. */
const FOUND_TO = 'overdue-renewals-found-to'
const CHECKED_TO = 'overdue-renewals-checked-to'

/** renewableFrom() of lib/services/renewal-checks.ts: how long before its end a certificate may be renewed. */
const WINDOW = Prisma.sql`coalesce(make_interval(days => e.renewal_window_days), least((c.not_after - c.not_before) / 3, interval '30 days'))`

const TABLES = Prisma.sql`certificate c join endpoint e on e.id = c.endpoint_id
  join authority a on a.id = c.authority_id left join certificate ic on ic.id = a.certificate_id
  left join "group" g on g.id = c.group_id
  left join device_certificate l on l.certificate_id = c.id left join device d on d.id = l.device_id`

const COLUMNS = Prisma.sql`c.id, c.serial, c.subject, c.not_after, g.slug as group_slug, g.name as group_name,
  e.slug as endpoint_slug, e.name as endpoint_name, d.id as device_id, coalesce(d.name, d.serial, d.external_id, d.id::text) as device_name,
  d.last_seen_at, c.not_after - ${WINDOW} as renewable_from`

/** In the words of the index certificate_one_successor: in others, every piece would read all certificates. */
export const NO_SUCCESSOR = Prisma.sql`not exists (select from certificate n where n.renews_certificate_id = c.id and n.state <> 'abandoned'
  and n.revocation_reason is distinct from 'unspecified')`

/**
 * The newest of its line and of its name, not ended, half of its window gone, and no request under its name since the
 * window opened. A device that its MDM removed has nothing to renew for.
 */
function overdue(at: Date): Prisma.Sql {
  return Prisma.sql`(c.kind = 'leaf' and c.state = 'issued' and c.revoked_at is null and ic.revoked_at is null
    and c.not_after > ${at} and c.not_after - ${WINDOW} / 2 <= ${at} and (d.id is null or d.management not in ('removed', 'wiped'))
    and ${NO_SUCCESSOR}
    and not exists (select from certificate n where n.subject = c.subject and n.group_id is not distinct from c.group_id
      and n.kind = 'leaf' and n.state = 'issued' and n.issued_at > c.issued_at)
    and not exists (select from enrolment_transaction t where t.subject = c.subject and t.endpoint_id = c.endpoint_id
      and t.created_at >= c.not_after - ${WINDOW} and t.created_at > c.issued_at and (t.message_type is null or t.message_type in (17, 18, 19))))`
}

export function overdueRenewalStore(database: Database): OverdueRenewalStore {
  return guarded<OverdueRenewalStore>({
    find: (at, piece, event) =>
      transact(database, async (transaction) => {
        const mark = await holdMark(transaction, FOUND_TO)
        const page = await transaction.$queryRaw<Place[]>`
          with bound as (select greatest(30, coalesce(max(renewal_window_days), 0)) as days from endpoint)
          select c.id, c.not_after as at from certificate c
          where c.state = 'issued' and c.not_after > ${at} and c.not_after <= ${at}::timestamptz + (select make_interval(days => days) from bound) / 2
            and (c.not_after, c.id) > (${mark.at}, ${mark.id}::uuid)
          order by c.not_after, c.id limit ${piece}`
        const rows = await transaction.$queryRaw<Row[]>`
          with found as (
            insert into overdue_renewal (certificate_id, found_at, not_after)
            select c.id, ${at}, c.not_after from ${TABLES}
            where c.id = any(${page.map(({ id }) => id)}::uuid[]) and ${overdue(at)}
              and not exists (select from overdue_renewal o where o.certificate_id = c.id)
            order by c.id on conflict (certificate_id) do nothing returning certificate_id, found_at
          )
          select ${COLUMNS}, f.found_at from found f join ${TABLES} on c.id = f.certificate_id order by c.not_after, c.id`
        return { result: await moveMark(transaction, FOUND_TO, page, piece), events: rows.map(overdueOf).map(event) }
      }),

    check: (at, piece) =>
      transact(database, async (transaction) => {
        const mark = await holdMark(transaction, CHECKED_TO)
        const page = await transaction.$queryRaw<Place[]>`
          select o.certificate_id as id, o.found_at as at from overdue_renewal o
          where o.resolved_at is null and (o.found_at, o.certificate_id) > (${mark.at}, ${mark.id}::uuid)
          order by o.found_at, o.certificate_id limit ${piece}`
        const ids = page.map(({ id }) => id)
        await transaction.$executeRaw`
          update overdue_renewal o set resolved_at = ${at}
          where o.certificate_id = any(${ids}::uuid[]) and o.resolved_at is null and o.certificate_id not in (
            select c.id from ${TABLES} where c.id = any(${ids}::uuid[]) and ${overdue(at)})`
        return { result: await moveMark(transaction, CHECKED_TO, page, piece), events: [] }
      }),

    async list(filter, at, keyset) {
      const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`o.certificate_id`)
      const rows = await database.$queryRaw<Row[]>`
        select ${COLUMNS}, o.found_at from ${OPEN} where ${conditionOf(filter, at)} and ${beyond} ${ordered}`
      return rows.map(overdueOf)
    },

    async count(filter, at, { most, since }) {
      const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`o.found_at > ${since}`
      const rows = Prisma.sql`1 from ${OPEN} where ${conditionOf(filter, at)} and ${newer}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },
  })
}

interface Place {
  at: Date
  id: string
}

const BEGINNING: Place = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' }

/** Two instances that are at it take turns here. */
async function holdMark(transaction: Transaction, name: string): Promise<Place> {
  await transaction.$executeRaw`insert into installation_value (name, value) values (${name}, '') on conflict (name) do nothing`
  const [row] = await transaction.$queryRaw<{ value: string }[]>`
    select value from installation_value where name = ${name} for update`
  const [time = '', id = BEGINNING.id] = row?.value.split(' ') ?? []
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? BEGINNING : { at, id }
}

/** Whether there is more behind the page; if not, the walk begins anew. */
async function moveMark(transaction: Transaction, name: string, page: Place[], piece: number): Promise<boolean> {
  const last = page.length < piece ? undefined : page.at(-1)
  const value = last === undefined ? '' : `${last.at.toISOString()} ${last.id}`
  await transaction.$executeRaw`update installation_value set value = ${value} where name = ${name}`
  return last !== undefined
}

const OPEN = Prisma.sql`overdue_renewal o join ${TABLES} on c.id = o.certificate_id`

const SORTED: Readonly<Record<OverdueSort, SortedBy>> = {
  ends: { by: Prisma.sql`o.not_after`, type: 'timestamptz' },
  found: { by: Prisma.sql`o.found_at`, type: 'timestamptz' },
}

function conditionOf({ group, search, groups }: OverdueFilter & Reach, at: Date): Prisma.Sql {
  const conditions = [Prisma.sql`o.resolved_at is null`, overdue(at), inReach(Prisma.sql`g.slug`, groups)]
  if (group !== undefined) conditions.push(Prisma.sql`g.slug = ${group}`)
  if (search !== undefined) {
    const like = anywhere(search)
    conditions.push(Prisma.sql`(c.subject ilike ${like} or d.name ilike ${like} or d.serial ilike ${like})`)
  }
  return Prisma.join(conditions, ' and ')
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

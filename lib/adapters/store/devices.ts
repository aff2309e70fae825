/** Devices of MDMs, and device names, read along the indexes over the subjects of certificates and challenges. */
import type { AuditEntry } from '@/lib/services/audit'
import type {
  DeviceFilter,
  DeviceNameFilter,
  DeviceNameRow,
  DeviceSort,
  DeviceStore,
  NameKeyset,
} from '@/lib/services/devices'
import type { Keyset } from '@/lib/services/listing'
import type { DeviceActionView, DeviceStateFilter, MdmDevice, MdmDeviceRow } from '@/lib/services/mdm-devices'
import type { Reach } from '@/lib/services/permissions'
import { CERTIFICATE_NAMES } from './certificate-filter'
import { CHALLENGE_NAMES } from './challenges'
import { type Database, transact } from './database'
import { insertDeviceEvents } from './device-rows'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { inReach } from './reach'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'

export function deviceStore(database: Database): DeviceStore {
  return guarded<DeviceStore>({
    async subjects(filter, keyset) {
      const { limit } = keyset
      return database.$queryRaw<DeviceNameRow[]>`
        select subject, max(certificates)::int as certificates from (${namesOf(filter, keyset)}) names
        group by subject order by subject ${towards(keyset)} limit ${limit}`
    },
    async renewals(of) {
      const those =
        'subject' in of
          ? Prisma.sql`subject = ${of.subject}`
          : Prisma.sql`id in (select certificate_id from device_certificate where device_id = ${of.deviceId}::uuid)`
      return database.$queryRaw<{ id: string; renews: string | null }[]>`
        select id, renews_certificate_id as renews from certificate
        where kind = 'leaf' and state = 'issued' and ${those} order by created_at desc limit 200`
    },

    async mdmDevices(filter, keyset) {
      const rows = await database.$queryRaw<ListRow[]>(devicesOf(filter, keyset))
      return rows.map(listRow)
    },

    async countDevices(filter, { most, since }) {
      const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`d.first_known_at > ${since}`
      const rows = Prisma.sql`1 from device d left join connector k on k.id = d.connector_id where ${conditionOf(filter)} and ${newer}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    async countSubjects(filter, most) {
      const beginning = { order: 'asc', way: 'after', from: null, limit: most } as const
      const rows = Prisma.sql`subject from (${namesOf(filter, beginning)}) names group by subject`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    async mdmDevice(id, { groups }) {
      const [row] = await database.$queryRaw<Row[]>`
        select ${COLUMNS} from device d left join connector k on k.id = d.connector_id where d.id = ${id}::uuid and ${isInReach(groups)}`
      return row === undefined ? null : mdmDevice(row)
    },

    devicesOfSubject: (subject, { groups }) =>
      database.$queryRaw<Pick<MdmDevice, 'id' | 'name' | 'serial' | 'externalId'>[]>`
        select distinct d.id, d.name, d.serial, d.external_id as "externalId" from certificate c
        join device_certificate l on l.certificate_id = c.id join device d on d.id = l.device_id
        where c.subject = ${subject} and c.kind = 'leaf' and c.state = 'issued' and ${ofGroups(Prisma.sql`c.group_id`, groups)} order by d.name, d.id limit 20`,

    events: (deviceId, limit) =>
      database.deviceEvent.findMany({
        where: { deviceId },
        orderBy: [{ at: 'desc' }, { id: 'asc' }],
        take: limit,
        select: { id: true, at: true, kind: true, source: true, facts: true },
      }) as unknown as ReturnType<DeviceStore['events']>,

    actions: (deviceId, limit) =>
      database.$queryRaw<DeviceActionView[]>`
        select id, trigger, action, state, created_at as "createdAt", done_at as "doneAt", decided_by as "decidedBy", certificates
        from device_action where device_id = ${deviceId}::uuid order by created_at desc, id limit ${limit}`,

    revokeChallenges: (deviceId, { groups }, why, at, events) =>
      transact(database, async (transaction) => {
        const revoked = await transaction.$queryRaw<{ id: string; subject: string }[]>`
          with waiting as (
            select id from challenge where device_id = ${deviceId}::uuid and state = 'pending' and expires_at > ${at}
              and ${ofGroups(Prisma.sql`(select e.group_id from endpoint e where e.id = endpoint_id)`, groups)}
            order by id for no key update)
          update challenge p set state = 'revoked', revoked_at = ${at}, revoked_reason = ${why}
          from waiting where p.id = waiting.id returning p.id, p.subject`
        if (revoked.length === 0) return { result: 0, events: [] as AuditEntry[] }
        const noted = [{ deviceId, kind: 'challenges_revoked', facts: { count: revoked.length } }]
        await insertDeviceEvents(transaction, noted, { at, source: 'person', connectorId: null })
        return { result: revoked.length, events: events(revoked) }
      }),
  })
}

/** The page first, and what is said of its devices for those alone. */
function devicesOf(filter: DeviceFilter & Reach, keyset: Keyset<DeviceSort>): Prisma.Sql {
  const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`d.id`)
  const ofReach = ofGroups(Prisma.sql`c.group_id`, filter.groups)
  return Prisma.sql`
    select ${COLUMNS}, d.ends_at as "endsAt", (select count(*) from device_certificate l join certificate c on c.id = l.certificate_id
        where l.device_id = d.id and ${ofReach})::int as certificates,
      newest.id as newest_id, newest.subject as newest_subject
    from (
      select d.* from device d left join connector k on k.id = d.connector_id
      where ${conditionOf(filter)} and ${beyond} ${ordered}
    ) d left join connector k on k.id = d.connector_id
    left join lateral (
      select c.id, c.subject from device_certificate l join certificate c on c.id = l.certificate_id
      where l.device_id = d.id and c.state = 'issued' and ${ofReach} order by c.created_at desc, c.id desc limit 1
    ) newest on true
    ${ordered}`
}

const EPOCH = Prisma.sql`'1970-01-01T00:00:00Z'::timestamptz`

/** The expression of device_ends_idx. */
export const ENDS = Prisma.sql`coalesce(d.ends_at, ${EPOCH})`

/** Every reading writes when a device was seen: an index would make it rewrite all others, so all devices are read instead. */
const SORTED: Readonly<Record<DeviceSort, SortedBy>> = {
  name: { by: Prisma.sql`coalesce(d.name, '')`, type: 'text' },
  seen: { by: Prisma.sql`coalesce(d.last_seen_at, ${EPOCH})`, type: 'timestamptz' },
  ends: { by: ENDS, type: 'timestamptz' },
}

/** Each half stops after a page of names, so that neither is read to its end. */
function namesOf({ search, group, groups }: DeviceNameFilter & Reach, keyset: NameKeyset): Prisma.Sql {
  const { from, limit } = keyset
  const direction = towards(keyset)
  const past = direction === ASCENDING ? Prisma.sql`>` : Prisma.sql`<`
  const beyond = from === null ? Prisma.sql`c.subject <> ''` : Prisma.sql`c.subject <> '' and c.subject ${past} ${from}`
  const fits = search === undefined ? Prisma.sql`true` : Prisma.sql`c.subject ilike ${anywhere(search)}`
  // What is in the subject is in the names as well, and those have an index.
  const foundBy = (names: Prisma.Sql) =>
    search === undefined ? fits : Prisma.sql`${names} ilike ${anywhere(search)} and ${fits}`
  const ofGroup = (id: Prisma.Sql) =>
    Prisma.sql`(${
      group === undefined ? Prisma.sql`true` : Prisma.sql`${id} = (select id from "group" where slug = ${group})`
    } and ${ofGroups(id, groups)})`
  return Prisma.sql`
          (select c.subject, count(*) as certificates from certificate c
            where c.kind = 'leaf' and c.state = 'issued' and ${beyond} and ${foundBy(CERTIFICATE_NAMES)} and ${ofGroup(Prisma.sql`c.group_id`)}
              and not exists (select from device_certificate l where l.certificate_id = c.id)
            group by c.subject order by c.subject ${direction} limit ${limit})
          union all
          (select c.subject, 0 from challenge c
            where c.origin in ('minted', 'signed') and ${beyond} and ${foundBy(CHALLENGE_NAMES)} and c.device_id is null
              and ${ofGroup(Prisma.sql`(select e.group_id from endpoint e where e.id = c.endpoint_id)`)}
              and not exists (select from certificate k join device_certificate l on l.certificate_id = k.id
                where k.subject = c.subject and k.state = 'issued')
            group by c.subject order by c.subject ${direction} limit ${limit})`
}

const ASCENDING = Prisma.sql`asc`
const DESCENDING = Prisma.sql`desc`

function towards({ order, way }: Pick<NameKeyset, 'order' | 'way'>): Prisma.Sql {
  return (order === 'asc') === (way === 'after') ? ASCENDING : DESCENDING
}

const COLUMNS = Prisma.sql`d.id, k.slug as connector_slug, k.name as connector_name, d.external_id as "externalId", d.serial, d.udid, d.name,
  d.platform, d.model, d.os_version as "osVersion", d.user_name as "userName", d.user_email as "userEmail", d.management, d.compliance,
  d.user_disabled as "userDisabled", d.entitled, d.first_known_at as "firstKnownAt", d.last_seen_at as "lastSeenAt"`

interface Row extends Omit<MdmDevice, 'connector'> {
  connector_slug: string | null
  connector_name: string | null
}

interface ListRow extends Row {
  certificates: number
  endsAt: Date | null
  newest_id: string | null
  newest_subject: string | null
}

function mdmDevice({ connector_slug: slug, connector_name: name, ...row }: Row): MdmDevice {
  return { ...row, connector: slug === null || name === null ? null : { slug, name } }
}

function listRow({ certificates, newest_id: id, newest_subject: subject, endsAt, ...row }: ListRow): MdmDeviceRow {
  const newest = id === null || subject === null ? null : { id, subject }
  return { ...mdmDevice(row), certificates, newest, endsAt }
}

/** The expression that device_names_idx has the trigrams of, to the letter. */
export const DEVICE_NAMES = Prisma.sql`(coalesce(d.name, '') || chr(10) || coalesce(d.serial, '') || chr(10) ||
  coalesce(d.user_name, '') || chr(10) || coalesce(d.user_email, '') || chr(10) || coalesce(d.model, ''))`

function conditionOf({ search, state, connector, group, groups }: DeviceFilter & Reach): Prisma.Sql {
  const conditions = [isInReach(groups)]
  if (state !== undefined) conditions.push(stateCondition(state))
  if (connector !== undefined) conditions.push(Prisma.sql`k.slug = ${connector}`)
  if (group !== undefined)
    conditions.push(Prisma.sql`exists (select from device_certificate l join certificate c on c.id = l.certificate_id
      join "group" g on g.id = c.group_id
      where l.device_id = d.id and c.state = 'issued' and g.slug = ${group} and ${inReach(Prisma.sql`g.slug`, groups)})`)
  if (search !== undefined)
    // An id is pasted as a whole, and long enough to make the trigrams of a device twice as many.
    conditions.push(Prisma.sql`(${DEVICE_NAMES} ilike ${anywhere(search)}
      or d.udid = ${search.toUpperCase()} or upper(d.external_id) = ${search.toUpperCase()})`)
  return Prisma.join(conditions, ' and ')
}

/** `id` is the column of a group's id. */
function ofGroups(id: Prisma.Sql, groups: readonly string[] | undefined): Prisma.Sql {
  if (groups === undefined) return Prisma.sql`true`
  return Prisma.sql`${id} in (select id from "group" where ${inReach(Prisma.sql`slug`, groups)})`
}

/**
 * A device, if anything was issued or minted for it in one of the groups. Asked device by device along the order of the
 * list, which "exists" would have Postgres answer for all devices first.
 */
function isInReach(groups: readonly string[] | undefined): Prisma.Sql {
  if (groups === undefined) return Prisma.sql`true`
  return Prisma.sql`((select true from device_certificate l join certificate c on c.id = l.certificate_id
      where l.device_id = d.id and c.state = 'issued' and ${ofGroups(Prisma.sql`c.group_id`, groups)} limit 1)
    or (select true from challenge p join endpoint e on e.id = p.endpoint_id
      where p.device_id = d.id and ${ofGroups(Prisma.sql`e.group_id`, groups)} limit 1))`
}

function stateCondition(state: DeviceStateFilter): Prisma.Sql {
  switch (state) {
    case 'noncompliant':
      return Prisma.sql`d.compliance = 'noncompliant'`
    case 'user_disabled':
      return Prisma.sql`d.user_disabled`
    case 'not_entitled':
      return Prisma.sql`d.entitled = false`
    default:
      return Prisma.sql`d.management = ${state}`
  }
}

/** What somebody or something did in a period, in Postgres: each question goes along an index that ends in time or number. */
import type { ActivityStore, ActivitySubject, Period } from '@/lib/services/activity'
import type { AuditOutcome } from '@/lib/services/audit'
import { eventView } from '@/lib/services/audit-events'
import { isDeviceId, subjectOfKey } from '@/lib/services/devices'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function activityStore(database: Database): ActivityStore {
  return guarded<ActivityStore>({
    async subject(kind, id, period) {
      switch (kind) {
        case 'group':
          return groupOf(database, id)
        case 'issuer':
          return issuerOf(database, id)
        case 'person':
          return personOf(database, id)
        case 'device':
          return isDeviceId(id) ? deviceOf(database, id, period) : nameOf(database, id, period)
      }
    },

    async sums(rows, period) {
      const [certificates, challenges, enrolments, revocations, decisions] = await Promise.all([
        database.$queryRaw<[{ issued: number; renewed: number }]>`
          select count(*)::int as issued, count(c.renews_certificate_id)::int as renewed from certificate c
          where c.kind = 'leaf' and c.state = 'issued' and c.created_at between ${period.from} and ${period.to} and ${certificatesOf(rows)}`,
        database.$queryRaw<[{ count: number }]>`
          select count(*)::int as count from challenge h
          where h.created_at between ${period.from} and ${period.to} and ${challengesOf(rows)}`,
        database.$queryRaw<{ state: string; count: number }[]>`
          select t.state::text as state, count(*)::int as count from enrolment_transaction t
          where t.created_at between ${period.from} and ${period.to} and t.state <> 'answered' and ${transactionsOf(rows)}
          group by t.state order by count desc, state`,
        database.$queryRaw<{ by: string; reason: string; count: number }[]>`
          select coalesce(c.revoked_by, 'somebody') as by, c.revocation_reason::text as reason, count(*)::int as count from certificate c
          where c.kind = 'leaf' and c.state = 'issued' and c.revoked_at between ${period.from} and ${period.to} and ${revokedOf(rows)}
          group by 1, 2 order by count desc, 1, 2 limit 50`,
        database.$queryRaw<{ by: string; approves: boolean; count: number }[]>`
          select d.name as by, d.approves, count(*)::int as count
          from approval_decision d join enrolment_transaction t on t.id = d.enrolment_transaction_id
          where d.created_at between ${period.from} and ${period.to} and ${transactionsOf(rows)}
          group by 1, 2 order by count desc, 1 limit 50`,
      ])
      return { ...certificates[0], challenges: challenges[0].count, enrolments, revocations, decisions }
    },

    async eventCounts(of, period, most) {
      const numbers = await numbersOf(database, period)
      const counts = await database.$queryRaw<{ type: string; outcome: AuditOutcome; count: number }[]>`
        select n.type, n.outcome, count(*)::int as count
        from (select e.type, e.outcome from audit_event e where ${eventsOf(of, numbers)} order by e.seq desc limit ${most}) n
        group by 1, 2 order by count desc, 1, 2`
      return { counts, more: counts.reduce((sum, { count }) => sum + count, 0) >= most }
    },

    async events(of, period, { before, limit }) {
      const numbers = await numbersOf(database, period)
      const last = before === null || before > numbers.last ? numbers.last : before - 1n
      const rows = await database.$queryRaw<{ seq: bigint; payload: Uint8Array; chain: Uint8Array }[]>`
        select e.seq, e.payload, e.chain from audit_event e where ${eventsOf(of, { ...numbers, last })}
        order by e.seq desc limit ${limit}`
      return rows.map(eventView)
    },
  })
}

interface Numbers {
  first: bigint
  last: bigint
}

/** Events have their numbers in the order of their times. */
async function numbersOf(database: Database, { from, to }: Period): Promise<Numbers> {
  const [row] = await database.$queryRaw<{ first: bigint | null; last: bigint | null }[]>`
    select (select seq from audit_event where time >= ${from} order by time, seq limit 1) as first,
      (select seq from audit_event where time <= ${to} order by time desc, seq desc limit 1) as last`
  return { first: row?.first ?? 1n, last: row?.first ? (row.last ?? 0n) : 0n }
}

/** Types are named, for the index begins with them. */
function eventsOf(of: ActivitySubject['events'], { first, last }: Numbers): Prisma.Sql {
  const between = Prisma.sql`e.seq between ${first} and ${last}`
  if ('actorId' in of) return Prisma.sql`e.actor_id = ${of.actorId} and ${between}`
  return Prisma.sql`e.object_type in ('ca', 'certificate', 'challenge', 'crl', 'device', 'endpoint', 'group', 'transaction')
    and e.object_id = any(${of.objectIds}::text[]) and ${between}`
}

type Rows = NonNullable<ActivitySubject['rows']>

function certificatesOf(rows: Rows): Prisma.Sql {
  if ('subject' in rows) return Prisma.sql`c.subject = ${rows.subject}`
  if ('deviceId' in rows)
    return Prisma.sql`c.id in (select certificate_id from device_certificate where device_id = ${rows.deviceId}::uuid)`
  return Prisma.sql`c.group_id = ${rows.groupId}::uuid and c.authority_id = any(${rows.authorityIds}::uuid[])`
}

/** There is an index of what is revoked, by issuer. */
function revokedOf(rows: Rows): Prisma.Sql {
  if ('groupId' in rows) return Prisma.sql`c.authority_id = any(${rows.authorityIds}::uuid[])`
  return certificatesOf(rows)
}

function challengesOf(rows: Rows): Prisma.Sql {
  const minted = Prisma.sql`h.origin in ('minted', 'signed')`
  if ('subject' in rows) return Prisma.sql`${minted} and h.subject = ${rows.subject}`
  if ('deviceId' in rows) return Prisma.sql`${minted} and h.device_id = ${rows.deviceId}::uuid`
  return Prisma.sql`${minted} and h.endpoint_id = any(${rows.endpointIds}::uuid[])`
}

function transactionsOf(rows: Rows): Prisma.Sql {
  if ('subject' in rows) return Prisma.sql`t.subject = ${rows.subject}`
  if ('deviceId' in rows)
    return Prisma.sql`(t.certificate_id in (select certificate_id from device_certificate where device_id = ${rows.deviceId}::uuid)
      or t.challenge_id in (select id from challenge where device_id = ${rows.deviceId}::uuid))`
  return Prisma.sql`t.endpoint_id = any(${rows.endpointIds}::uuid[])`
}

async function groupOf(database: Database, slug: string): Promise<ActivitySubject | null> {
  const group = await database.group.findUnique({
    where: { slug },
    select: { id: true, name: true, authorities: { select: { id: true } }, endpoints: { select: { id: true } } },
  })
  if (group === null) return null
  const authorityIds = group.authorities.map(({ id }) => id)
  const endpointIds = group.endpoints.map(({ id }) => id)
  return {
    id: slug,
    name: group.name,
    events: { objectIds: [group.id, ...authorityIds, ...endpointIds] },
    rows: { groupId: group.id, authorityIds, endpointIds },
  }
}

/** Enrolments are of endpoints; those that ended in one of its certificates are told by the certificates. */
async function issuerOf(database: Database, slug: string): Promise<ActivitySubject | null> {
  const issuer = await database.authority.findUnique({
    where: { slug },
    select: { id: true, name: true, certificateId: true, groupId: true },
  })
  if (issuer === null) return null
  const { id, name, certificateId, groupId } = issuer
  const endpoints = await database.endpoint.findMany({ where: { authorityId: id }, select: { id: true } })
  return {
    id: slug,
    name,
    events: { objectIds: [id, certificateId] },
    // A root issues to no group, and nothing that is counted here.
    rows: groupId === null ? null : { groupId, authorityIds: [id], endpointIds: endpoints.map((each) => each.id) },
  }
}

async function personOf(database: Database, id: string): Promise<ActivitySubject | null> {
  const person = await database.user.findUnique({ where: { id }, select: { name: true } })
  const who = person ?? (await database.apiKey.findUnique({ where: { id }, select: { name: true } }))
  return who === null ? null : { id, name: who.name, events: { actorId: id }, rows: null }
}

/** Beyond these, the newest count. */
const MOST_OBJECTS = 500
const EVER: Pick<Period, 'to'> = { to: new Date('9999-01-01T00:00:00Z') }

async function deviceOf(database: Database, id: string, period: Period): Promise<ActivitySubject | null> {
  const device = await database.device.findUnique({
    where: { id },
    select: { name: true, serial: true, externalId: true },
  })
  if (device === null) return null
  const objectIds = await objectsOf(database, { deviceId: id }, period)
  const name = device.name ?? device.serial ?? device.externalId ?? id
  return { id, name, events: { objectIds: [id, ...objectIds] }, rows: { deviceId: id } }
}

async function nameOf(database: Database, key: string, period: Period): Promise<ActivitySubject | null> {
  const subject = subjectOfKey(key)
  if (subject === null) return null
  const objectIds = await objectsOf(database, { subject }, period)
  if (objectIds.length === 0 && (await objectsOf(database, { subject }, EVER)).length === 0) return null
  return { id: key, name: subject, events: { objectIds }, rows: { subject } }
}

/** What something could have happened to in the period: all that was there before its end. */
async function objectsOf(database: Database, rows: Rows, { to }: Pick<Period, 'to'>): Promise<string[]> {
  const found = await database.$queryRaw<{ id: string }[]>`
    (select c.id::text as id from certificate c where c.state <> 'intent' and c.created_at <= ${to} and ${certificatesOf(rows)} order by c.created_at desc limit ${MOST_OBJECTS})
    union (select c.id::text from certificate c where c.state = 'intent' and c.created_at <= ${to} and ${certificatesOf(rows)} order by c.created_at desc limit ${MOST_OBJECTS})
    union (select h.id::text from challenge h where h.created_at <= ${to} and ${challengesOf(rows)} order by h.created_at desc limit ${MOST_OBJECTS})
    union (select t.id::text from enrolment_transaction t where t.created_at <= ${to} and ${transactionsOf(rows)} order by t.created_at desc limit ${MOST_OBJECTS})`
  return found.map(({ id }) => id)
}

/** The revocation of an issuer in Postgres: one transaction, after which nothing is signed under it any more. */
import { parseEvent } from '@/lib/services/audit-events'
import type { BreakGlassEndpoint, BreakGlassRecord, BreakGlassStore, StoppedEndpoint } from '@/lib/services/break-glass'
import type { RevocationReason } from '@/lib/services/certificates'
import { makeCrlsDue } from './certificate-rows'
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'

export function breakGlassStore(database: Database): BreakGlassStore {
  return {
    async find(groupSlug, issuer, now) {
      const rows = await issuersOf(database, groupSlug)
      const chosen =
        issuer === undefined ? (rows.find(isActive) ?? rows.find(isRevoked)) : rows.find(({ slug }) => slug === issuer)
      return chosen === undefined ? null : readRecord(database, chosen, rows, now)
    },

    async revoke({ issuerId, reason, comment, by, at, events }) {
      return transact(database, async (transaction) => {
        const [issuer] = await transaction.$queryRaw<{ certificate_id: string; parent_id: string }[]>`
          update authority a set status = 'revoked', retired_at = coalesce(a.retired_at, ${at})
          where a.id = ${issuerId}::uuid and a.kind = 'issuer' and a.status in ('active', 'retired') and a.certificate_der is not null
            and exists (select from certificate c where c.id = a.certificate_id and c.revoked_at is null)
          returning a.certificate_id, a.parent_id`
        if (issuer === undefined) return { result: false, events: [] }
        const marked = await transaction.$executeRaw`
          update certificate set revoked_at = ${at}, revocation_reason = ${reason}::"RevocationReason", revoked_by = ${by},
            revocation_comment = ${comment}
          where id = ${issuer.certificate_id}::uuid and state = 'issued' and revoked_at is null`
        if (marked !== 1) throw new Error(`the certificate of issuer ${issuerId} cannot be marked`)
        await giveUpUnsigned(transaction, issuerId, at)
        const stopped = await stopEndpoints(transaction, issuerId)
        await makeCrlsDue(transaction, [issuerId, issuer.parent_id], at)
        return { result: true, events: events(stopped) }
      })
    },
  }
}

/** Registration authorities that it was still to sign: they never will be, and must stand in nobody's way. */
export async function giveUpUnsigned(transaction: Transaction, issuerId: string, at: Date): Promise<void> {
  await transaction.$executeRaw`
    with given_up as (
      update certificate set state = 'abandoned'
      where authority_id = ${issuerId}::uuid and kind = 'ra' and state = 'intent' returning id
    )
    update registration_authority r set retired_at = ${at} from given_up where r.certificate_id = given_up.id`
}

/** Every endpoint of it is locked, also one that is off: whoever switches it on meanwhile has to look again. */
export async function stopEndpoints(transaction: Transaction, issuerId: string): Promise<StoppedEndpoint[]> {
  await transaction.$queryRaw`select id from endpoint where authority_id = ${issuerId}::uuid order by id for no key update`
  return transaction.$queryRaw<StoppedEndpoint[]>`
    update endpoint set enabled = false where authority_id = ${issuerId}::uuid and enabled returning id, slug`
}

interface IssuerRow {
  id: string
  group_id: string
  group_slug: string
  group_name: string
  slug: string
  name: string
  status: 'active' | 'staged' | 'retired' | 'revoked'
  certificate_id: string
  serial: string
  revoked_at: Date | null
  revoked_by: string | null
  reason: RevocationReason | null
  comment: string | null
}

/** Newest first. */
function issuersOf(database: Database, groupSlug: string): Promise<IssuerRow[]> {
  return database.$queryRaw<IssuerRow[]>`
    select a.id, g.id as group_id, g.slug as group_slug, g.name as group_name, a.slug, a.name, a.status, a.certificate_id,
      c.serial, c.revoked_at, c.revoked_by, c.revocation_reason as reason, c.revocation_comment as comment
    from authority a join "group" g on g.id = a.group_id join certificate c on c.id = a.certificate_id
    where g.slug = ${groupSlug} and a.kind = 'issuer' and a.certificate_der is not null
    order by a.created_at desc, a.id`
}

const isActive = ({ status }: IssuerRow) => status === 'active'
const isRevoked = ({ status }: IssuerRow) => status === 'revoked'

async function readRecord(
  database: Database,
  issuer: IssuerRow,
  all: IssuerRow[],
  now: Date,
): Promise<BreakGlassRecord | null> {
  if (issuer.status === 'staged') return null
  const others = all.filter(
    ({ id, status, revoked_at }) => id !== issuer.id && status !== 'staged' && revoked_at === null,
  )
  const next = all.find(({ status, id }) => (status === 'active' || status === 'staged') && id !== issuer.id)
  return {
    issuerId: issuer.id,
    serial: issuer.serial,
    group: { slug: issuer.group_slug, name: issuer.group_name },
    issuer: {
      slug: issuer.slug,
      name: issuer.name,
      status: issuer.status,
      certificateId: issuer.certificate_id,
      revokedAt: issuer.revoked_at,
      revokedBy: issuer.revoked_by,
      reason: issuer.reason,
      comment: issuer.comment,
    },
    hit: await readHit(database, issuer, now),
    spared: (await Promise.all(others.map((other) => sparedBy(database, other, now)))).filter(
      ({ certificates }) => certificates > 0,
    ),
    lastDrill: await lastDrill(database, issuer.id),
    next: next ? { slug: next.slug, name: next.name, status: next.status === 'active' ? 'active' : 'staged' } : null,
    enrolled: await enrolledAgain(database, issuer, now),
  }
}

/** Those that counted when it was revoked, or count now. What was revoked for good beside it is not its doing. */
async function readHit(database: Database, issuer: IssuerRow, now: Date): Promise<BreakGlassRecord['hit']> {
  const moment = issuer.revoked_at ?? now
  const [counts] = await database.$queryRaw<[{ certificates: number; devices: number }]>`
    select count(*)::int as certificates, count(distinct subject_der)::int as devices from certificate
    where authority_id = ${issuer.id}::uuid and kind = 'leaf' and state = 'issued' and not_after >= ${moment}
      and (revoked_at is null or revocation_reason = 'certificateHold')`
  const endpoints = await database.$queryRaw<BreakGlassEndpoint[]>`
    select slug, name, enabled, authority_id = ${issuer.id}::uuid as "ofIssuer" from endpoint
    where group_id = ${issuer.group_id}::uuid and (${issuer.status === 'revoked'} or authority_id = ${issuer.id}::uuid)
    order by created_at, id`
  const [pending] = await database.$queryRaw<[{ count: number }]>`
    select count(*)::int as count from ${UNSPENT} join endpoint e on e.id = u.endpoint_id
    where e.authority_id = ${issuer.id}::uuid and ${isPending} and u.origin = 'minted' and u.expires_at > ${now}`
  return { ...counts, pendingChallenges: pending.count, endpoints }
}

async function sparedBy(database: Database, { id, slug, name }: IssuerRow, now: Date) {
  const [{ count }] = await database.$queryRaw<[{ count: number }]>`
    select count(*)::int as count from certificate
    where authority_id = ${id}::uuid and kind = 'leaf' and state = 'issued' and not_after >= ${now} and revoked_at is null`
  return { slug, name, certificates: count }
}

/** A device is a subject: it is back when it holds a valid certificate of an issuer that counts. */
async function enrolledAgain(database: Database, issuer: IssuerRow, now: Date): Promise<number> {
  if (issuer.revoked_at === null) return 0
  const [{ count }] = await database.$queryRaw<[{ count: number }]>`
    select count(distinct c.subject_der)::int as count from certificate c
    where c.authority_id = ${issuer.id}::uuid and c.kind = 'leaf' and c.state = 'issued' and c.not_after >= ${issuer.revoked_at}
      and (c.revoked_at is null or c.revocation_reason = 'certificateHold')
      and exists (
        select from certificate n join authority a on a.id = n.authority_id and a.status in ('active', 'retired')
        where n.group_id = c.group_id and n.subject = c.subject and n.subject_der = c.subject_der and n.kind = 'leaf'
          and n.state = 'issued' and n.revoked_at is null and n.not_before <= ${now} and n.not_after >= ${now})`
  return count
}

async function lastDrill(database: Database, issuerId: string): Promise<{ at: Date; by: string } | null> {
  const row = await database.auditEvent.findFirst({
    where: { objectType: 'ca', objectId: issuerId, type: 'ca.revocation_drilled' },
    orderBy: { seq: 'desc' },
    select: { payload: true },
  })
  if (row === null) return null
  const event = parseEvent(row.payload)
  return { at: new Date(event.time), by: event.actor.name }
}

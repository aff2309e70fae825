/** Renewal in Postgres: whoever renews or supersedes a certificate holds its row while the rules are looked at. */
import type { RevocationReason } from '@/lib/services/certificates'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { GrantRequest } from '@/lib/services/enrolment-authorisation'
import { type CertificateRules, combinedRules } from '@/lib/services/narrowing'
import type { HeldCertificate, RenewalGrant, RenewalObstacle, RenewalStore, Successor } from '@/lib/services/renewal'
import { DISTRUSTING } from '@/lib/services/renewal-checks'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { insertGrant } from './grants'
import { guarded } from './outage'

export function renewalStore(database: Database): RenewalStore {
  return guarded<RenewalStore>({
    async find(endpointId, serial) {
      // By the group's authorities, so that the index over authority and serial number serves it. What narrows it stands in
      // the challenges of its whole line: each was for one certificate of it.
      const rows = await database.$queryRaw<HeldRow[]>`
        select c.id, c.kind, c.serial, c.der, a.subject_der as issuer_der, c.authority_id, c.endpoint_id, c.subject, c.subject_der, c.sans,
          c.spki_sha256, c.not_before, c.not_after, c.revoked_at, c.revocation_reason, a.status = 'revoked' as issuer_revoked, coalesce(c.lineage_id, c.id) as lineage_id, narrowing.rules
        from endpoint e
        join authority a on a.group_id = e.group_id
        join certificate c on c.authority_id = a.id and c.serial = ${serial}
        cross join lateral (
          with recursive line as (
            select c.renews_certificate_id, c.challenge_id
            union all
            select b.renews_certificate_id, b.challenge_id from line join certificate b on b.id = line.renews_certificate_id
          )
          select coalesce(jsonb_agg(h.constraints -> 'rules') filter (where h.constraints -> 'rules' is not null), '[]') as rules
          from line join challenge h on h.id = line.challenge_id
        ) narrowing
        where e.id = ${endpointId}::uuid and c.state = 'issued'`
      return rows.map(held)
    },

    async grant(request, renews, events) {
      return transact<RenewalGrant>(database, async (transaction) => {
        const obstacle = await obstacleTo(transaction, request, renews, Prisma.sql`for no key update`)
        if (obstacle !== null) return { result: obstacle, events: [] }
        const reservation = await insertGrant(transaction, request)
        if (reservation === null) return { result: { outcome: 'spent' }, events: [] }
        return { result: { outcome: 'granted', reservation }, events }
      })
    },

    obstacle: (request, renews) => obstacleTo(database, request, renews, Prisma.empty),

    async spentByLine(lineageId, handleHashes) {
      const rows = await database.$queryRaw<unknown[]>`
        select 1 from challenge h join certificate c on c.challenge_id = h.id
        where h.handle_hash = any(${handleHashes.map(bytes)}::bytea[]) and coalesce(c.lineage_id, c.id) = ${lineageId}::uuid`
      return rows.length > 0
    },

    async spend(handleHashes, certificateId, spent) {
      await transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<{ id: string; subject: string }[]>`
          update challenge h set state = 'consumed', consumed_at = now() from certificate c
          where h.handle_hash = any(${handleHashes.map(bytes)}::bytea[]) and h.state = 'pending' and h.not_before <= now() and now() < h.expires_at
            and c.id = ${certificateId}::uuid and h.endpoint_id = c.endpoint_id and h.subject = c.subject
          returning h.id, h.subject`
        return { result: undefined, events: row === undefined ? [] : [spent(row)] }
      })
    },
  })
}

/**
 * Whoever grants locks the certificate first; what is asked then, each in a statement of its own, sees all that was
 * committed by whoever held the lock before.
 */
async function obstacleTo(
  transaction: Database | Transaction,
  request: Pick<GrantRequest, 'handleHash' | 'csrSha256'>,
  { id, lineageId }: HeldCertificate,
  lock: Prisma.Sql,
): Promise<RenewalObstacle | null> {
  const [locked] = await transaction.$queryRaw<{ revocation_reason: RevocationReason | null }[]>`
    select revocation_reason from certificate where id = ${id}::uuid and state = 'issued' ${lock}`
  if (locked === undefined) throw new Error(`certificate ${id} is gone`)
  if (locked.revocation_reason !== null) return { outcome: 'revoked', reason: locked.revocation_reason }
  const successor = await successorOf(transaction, request, id, lineageId)
  if (successor !== null) return { outcome: 'renewed', successor }
  if (await isBeingRenewed(transaction, id, request.csrSha256)) return { outcome: 'busy' }
  const [newest] = await transaction.$queryRaw<{ serial: string; revocation_reason: RevocationReason | null }[]>`
    select c.serial, c.revocation_reason from certificate own
    join certificate c on c.group_id = own.group_id and c.subject = own.subject and c.subject_der = own.subject_der
    where own.id = ${id}::uuid and c.kind = 'leaf' and c.state = 'issued'
    order by c.issued_at desc, c.id limit 1`
  const reason = newest?.revocation_reason ?? null
  return newest !== undefined && reason !== null && DISTRUSTING.includes(reason)
    ? { outcome: 'blocked', serial: newest.serial, reason }
    : null
}

/**
 * The same rule as the index certificate_one_successor, over the whole line: only its newest certificate renews. The
 * intent that this very transaction left behind is not in its own way.
 */
async function successorOf(
  transaction: Database | Transaction,
  { handleHash }: Pick<GrantRequest, 'handleHash'>,
  id: string,
  lineageId: string,
): Promise<Successor | null> {
  const [row] = await transaction.$queryRaw<SuccessorRow[]>`
    select c.id, c.serial, c.state, c.not_after, c.revoked_at, h.reserved_csr_sha256 from certificate c
    join certificate own on own.id = ${id}::uuid
    left join challenge h on h.id = c.challenge_id
    where (c.renews_certificate_id = own.id or (c.lineage_id = ${lineageId}::uuid and c.created_at > own.created_at))
      and c.state <> 'abandoned' and c.revocation_reason is distinct from 'unspecified'
      and (c.state = 'issued' or h.handle_hash is distinct from ${bytes(handleHash)})
    order by c.renews_certificate_id = own.id desc, c.created_at limit 1`
  if (row === undefined) return null
  return {
    certificateId: row.id,
    serial: row.serial,
    issued: row.state === 'issued',
    notAfter: row.not_after,
    revoked: row.revoked_at !== null,
    csrSha256: row.reserved_csr_sha256,
  }
}

/** For as long as a worker lives; one that is gone for longer holds nothing up. */
async function isBeingRenewed(
  transaction: Database | Transaction,
  id: string,
  csrSha256: Uint8Array,
): Promise<boolean> {
  const rows = await transaction.$queryRaw<unknown[]>`
    select 1 from challenge h where h.renews_certificate_id = ${id}::uuid and h.state = 'reserved'
      and h.reserved_csr_sha256 <> ${bytes(csrSha256)} and h.reserved_at > now() - interval '15 seconds'`
  return rows.length > 0
}

interface SuccessorRow {
  id: string
  serial: string
  state: 'intent' | 'issued'
  not_after: Date
  revoked_at: Date | null
  reserved_csr_sha256: Uint8Array | null
}

interface HeldRow {
  id: string
  kind: HeldCertificate['kind']
  serial: HeldCertificate['serial']
  der: Uint8Array
  issuer_der: Uint8Array
  authority_id: string
  endpoint_id: string | null
  subject: string
  subject_der: Uint8Array
  sans: SubjectAlternativeName[]
  spki_sha256: Uint8Array
  not_before: Date
  not_after: Date
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  issuer_revoked: boolean
  lineage_id: string
  rules: CertificateRules[]
}

function held(row: HeldRow): HeldCertificate {
  return {
    id: row.id,
    kind: row.kind,
    serial: row.serial,
    der: row.der,
    issuerDer: row.issuer_der,
    authorityId: row.authority_id,
    endpointId: row.endpoint_id,
    subject: row.subject,
    subjectDer: row.subject_der,
    san: row.sans,
    spkiSha256: row.spki_sha256,
    notBefore: row.not_before,
    notAfter: row.not_after,
    revokedAt: row.revoked_at,
    revocationReason: row.revocation_reason,
    issuerRevoked: row.issuer_revoked,
    rules: combinedRules(row.rules),
    lineageId: row.lineage_id,
  }
}

/** Issued certificates: the list with its filters, one with its page's facts, and the one update that revokes. */
import type { AuditEventView } from '@/lib/services/audit'
import { eventView } from '@/lib/services/audit-events'
import type { LineRow } from '@/lib/services/certificate-line'
import type {
  CertificateFilter,
  CertificateListRow,
  CertificateRecord,
  CertificateStatus,
  CertificateStore,
  RevocationReason,
} from '@/lib/services/certificates'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { isQuestion } from './transactions'

export function certificateStore(database: Database): CertificateStore {
  return {
    async list(filter, { after, limit, now, expiringBefore }) {
      const conditions = [
        Prisma.sql`c.kind = 'leaf' and c.state = 'issued'`,
        ...(after ? [Prisma.sql`(c.created_at, c.id) < (${after.createdAt}, ${after.id}::uuid)`] : []),
        ...filterConditions(filter, now, expiringBefore),
      ]
      const rows = await database.$queryRaw<ListRow[]>`
        select ${LIST_COLUMNS} from ${LIST_TABLES} where ${Prisma.join(conditions, ' and ')}
        order by c.created_at desc, c.id desc limit ${limit}`
      return rows.map(listRow)
    },

    async find(key) {
      const condition = 'id' in key ? Prisma.sql`c.id = ${key.id}::uuid` : Prisma.sql`c.serial = ${key.serial}`
      const rows = await database.$queryRaw<DetailRow[]>`
        select ${LIST_COLUMNS}, c.der, c.renews_certificate_id, c.lineage_id, c.supersede_at, a.certificate_der as issuer_der, r.certificate_der as root_der,
               h.id as challenge_id, h.minted_by, h.created_at as minted_at,
               t.id as transaction_id, t.source_ip, t.user_agent, t.created_at as transaction_at
        from ${LIST_TABLES}
        left join authority r on r.id = a.parent_id
        left join challenge h on h.id = c.challenge_id
        left join enrolment_transaction t on t.id = c.enrolment_transaction_id
        where c.state = 'issued' and ${condition} order by c.created_at, c.id limit 2`
      return rows.map(detailRow)
    },

    async line(firstId, limit) {
      const rows = await database.$queryRaw<LineRows[]>`
        select c.id, c.serial, c.issued_at, c.not_before, c.not_after, c.revoked_at, c.revocation_reason, c.renews_certificate_id
        from certificate c
        where (c.id = ${firstId}::uuid or c.lineage_id = ${firstId}::uuid) and c.state = 'issued'
        order by c.issued_at desc, c.id desc limit ${limit}`
      return rows.reverse().map(lineRow)
    },

    async history(objectIds, limit): Promise<AuditEventView[]> {
      const rows = await database.auditEvent.findMany({
        where: { objectType: { in: ['certificate', 'challenge'] }, objectId: { in: objectIds } },
        orderBy: { seq: 'desc' },
        take: limit,
        select: { seq: true, payload: true, chain: true },
      })
      return rows.map(eventView)
    },

    async revoke({ id, reason, comment, by, at, events }) {
      return transact(database, async (transaction) => {
        const [revoked] = await transaction.$queryRaw<{ authority_id: string }[]>`
          update certificate set revoked_at = ${at}, revocation_reason = ${reason}::"RevocationReason",
            revoked_by = ${by},
            revocation_comment = ${comment}
          where id = ${id}::uuid and state = 'issued'
            and (revoked_at is null or (revocation_reason = 'certificateHold' and ${reason} <> 'certificateHold'))
          returning authority_id`
        if (revoked === undefined) return { result: false, events: [] }
        // It always moves, even within one millisecond: a CRL under construction must not take it for the one it knows.
        await transaction.$executeRaw`
          update authority set crl_due_since = greatest(${at}, crl_due_since + interval '1 millisecond')
          where id = ${revoked.authority_id}::uuid`
        return { result: true, events }
      })
    },

    async counts(now, expiringBefore) {
      const yesterday = new Date(now.getTime() - 86_400_000)
      const [row] = await database.$queryRaw<[Awaited<ReturnType<CertificateStore['counts']>>]>`
        select (count(*))::int as total,
          (count(*) filter (where ${statusCondition('valid', now, expiringBefore)}))::int as valid,
          (count(*) filter (where ${statusCondition('expiring', now, expiringBefore)}))::int as expiring,
          (count(*) filter (where ${statusCondition('expired', now, expiringBefore)}))::int as expired,
          (count(c.revoked_at))::int as revoked,
          (count(*) filter (where c.issued_at > ${yesterday}))::int as last24h,
          (select count(*) from enrolment_transaction where state = 'refused' and not ${isQuestion}
            and created_at > ${yesterday})::int as refused24h,
          (select count(*) from challenge where state = 'pending' and expires_at > ${now})::int as "pendingChallenges"
        from certificate c where c.kind = 'leaf' and c.state = 'issued'`
      return row
    },
  }
}

function filterConditions(filter: CertificateFilter, now: Date, expiringBefore: Date): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = []
  if (filter.group !== undefined) conditions.push(Prisma.sql`g.slug = ${filter.group}`)
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${filter.endpoint}`)
  if (filter.status !== undefined) conditions.push(statusCondition(filter.status, now, expiringBefore))
  if (filter.subject !== undefined) conditions.push(Prisma.sql`c.subject = ${filter.subject}`)
  if (filter.issuance !== undefined)
    conditions.push(Prisma.sql`(c.renews_certificate_id is null) = ${filter.issuance === 'first'}`)
  if (filter.line !== undefined)
    conditions.push(Prisma.sql`(c.id = ${filter.line}::uuid or c.lineage_id = ${filter.line}::uuid)`)
  if (filter.search !== undefined) conditions.push(searchCondition(filter.search))
  return conditions
}

/** The same cases, in the same order, as statusOf() in lib/services/certificate-view.ts. */
function statusCondition(status: CertificateStatus, now: Date, expiringBefore: Date): Prisma.Sql {
  switch (status) {
    case 'held':
      return Prisma.sql`c.revocation_reason = 'certificateHold'`
    case 'revoked':
      return Prisma.sql`(c.revoked_at is not null and c.revocation_reason <> 'certificateHold')`
    case 'expired':
      return Prisma.sql`(c.revoked_at is null and c.not_after < ${now})`
    case 'not_yet_valid':
      return Prisma.sql`(c.revoked_at is null and c.not_after >= ${now} and c.not_before > ${now})`
    case 'expiring':
      return Prisma.sql`(c.revoked_at is null and c.not_before <= ${now}
        and c.not_after between ${now} and ${expiringBefore})`
    case 'valid':
      return Prisma.sql`(c.revoked_at is null and c.not_before <= ${now} and c.not_after > ${expiringBefore})`
  }
}

/** Serials and fingerprints from their beginning, as people copy them; names anywhere. */
function searchCondition(search: string): Prisma.Sql {
  const anywhere = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  const hex = search.replace(/[\s:]/g, '').replace(/^sha256/i, '')
  const numbers = /^[0-9a-f]{3,64}$/i.test(hex)
    ? Prisma.sql`or c.serial like ${`${hex.toUpperCase()}%`}
        or encode(c.fingerprint_sha256, 'hex') like ${`${hex.toLowerCase()}%`}`
    : Prisma.empty
  return Prisma.sql`(c.subject ilike ${anywhere} or c.common_name ilike ${anywhere}
    or exists (select 1 from jsonb_array_elements(c.sans) san where san->>'value' ilike ${anywhere}) ${numbers})`
}

const LIST_COLUMNS = Prisma.sql`c.id, c.kind, c.serial, c.subject, c.common_name, c.sans, c.key_algorithm,
  c.not_before, c.not_after,
  c.issued_at, c.created_at, c.revoked_at, c.revocation_reason, c.revoked_by, c.revocation_comment,
    c.fingerprint_sha256,
  g.slug as group_slug, g.name as group_name, e.slug as endpoint_slug, e.name as endpoint_name,
  a.slug as issuer_slug, a.name as issuer_name`

const LIST_TABLES = Prisma.sql`certificate c
  join authority a on a.id = c.authority_id
  left join "group" g on g.id = c.group_id
  left join endpoint e on e.id = c.endpoint_id`

interface ListRow {
  id: string
  kind: CertificateRecord['kind']
  serial: string
  subject: string
  common_name: string | null
  sans: SubjectAlternativeName[]
  key_algorithm: string
  not_before: Date
  not_after: Date
  issued_at: Date
  created_at: Date
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  revoked_by: string | null
  revocation_comment: string | null
  fingerprint_sha256: Uint8Array
  group_slug: string | null
  group_name: string | null
  endpoint_slug: string | null
  endpoint_name: string | null
  issuer_slug: string
  issuer_name: string
}

interface LineRows {
  id: string
  serial: string
  issued_at: Date
  not_before: Date
  not_after: Date
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  renews_certificate_id: string | null
}

function lineRow(row: LineRows): LineRow {
  return {
    id: row.id,
    serial: row.serial,
    issuedAt: row.issued_at,
    notBefore: row.not_before,
    notAfter: row.not_after,
    revokedAt: row.revoked_at,
    revocationReason: row.revocation_reason,
    renewsCertificateId: row.renews_certificate_id,
  }
}

interface DetailRow extends ListRow {
  der: Uint8Array
  renews_certificate_id: string | null
  lineage_id: string | null
  supersede_at: Date | null
  issuer_der: Uint8Array | null
  root_der: Uint8Array | null
  challenge_id: string | null
  minted_by: string | null
  minted_at: Date | null
  transaction_id: string | null
  source_ip: string | null
  user_agent: string | null
  transaction_at: Date | null
}

function listRow(row: ListRow): CertificateListRow {
  return {
    id: row.id,
    kind: row.kind,
    serial: row.serial,
    subject: row.subject,
    commonName: row.common_name,
    san: row.sans,
    keyAlgorithm: row.key_algorithm,
    notBefore: row.not_before,
    notAfter: row.not_after,
    issuedAt: row.issued_at,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    revocationReason: row.revocation_reason,
    revokedBy: row.revoked_by,
    revocationComment: row.revocation_comment,
    fingerprintSha256: Buffer.from(row.fingerprint_sha256).toString('hex'),
    group: named(row.group_slug, row.group_name),
    endpoint: named(row.endpoint_slug, row.endpoint_name),
    issuer: { slug: row.issuer_slug, name: row.issuer_name },
  }
}

function detailRow(row: DetailRow): CertificateRecord {
  const chain = row.kind === 'root' ? [] : [row.issuer_der, row.root_der].filter((der) => der !== null)
  return {
    ...listRow(row),
    der: row.der,
    chain,
    renewsCertificateId: row.renews_certificate_id,
    lineageId: row.lineage_id,
    supersedeAt: row.supersede_at,
    challenge:
      row.challenge_id && row.minted_by && row.minted_at
        ? { id: row.challenge_id, mintedBy: row.minted_by, createdAt: row.minted_at }
        : null,
    transaction:
      row.transaction_id && row.transaction_at
        ? { id: row.transaction_id, sourceIp: row.source_ip, userAgent: row.user_agent, at: row.transaction_at }
        : null,
  }
}

function named(slug: string | null, name: string | null): { slug: string; name: string } | null {
  return slug === null || name === null ? null : { slug, name }
}

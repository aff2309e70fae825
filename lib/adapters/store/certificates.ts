/** Issued certificates: the list with its filters, one with its page's facts, and the updates that revoke and release. */
import type { AuditEventView } from '@/lib/services/audit'
import { eventView } from '@/lib/services/audit-events'
import type { LineRow } from '@/lib/services/certificate-line'
import type {
  CertificateRecord,
  CertificateSort,
  CertificateStore,
  RevocationReason,
} from '@/lib/services/certificates'
import type { RevocationAction } from '@/lib/services/revocation'
import { inGroups } from './by-slug'
import { CERTIFICATE_TABLES, filterConditions, statusCondition } from './certificate-filter'
import { issuerRevocation, LIST_COLUMNS, type ListRow, listRow } from './certificate-list-rows'
import { makeCrlsDue } from './certificate-rows'
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { inReach } from './reach'
import { boundedCount, type SortedBy, sortedPage } from './sorted-pages'
import { isQuestion } from './transactions'

export function certificateStore(database: Database): CertificateStore {
  return {
    async list(filter, { now, expiringBefore, ...keyset }) {
      const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`c.id`)
      const conditions = [
        LISTED,
        beyond,
        await inGroups(database, Prisma.sql`c.group_id`, filter.groups),
        ...filterConditions(filter, now, expiringBefore),
      ]
      const rows = await database.$queryRaw<ListRow[]>`
        select ${LIST_COLUMNS} from ${CERTIFICATE_TABLES} where ${Prisma.join(conditions, ' and ')} ${ordered}`
      return rows.map(listRow)
    },

    async count(filter, { now, expiringBefore, most, since }) {
      const conditions = [
        LISTED,
        ...(since === undefined ? [] : [Prisma.sql`c.created_at > ${since}`]),
        ...filterConditions(filter, now, expiringBefore),
        await inGroups(database, Prisma.sql`c.group_id`, filter.groups),
      ]
      const rows = Prisma.sql`1 from ${CERTIFICATE_TABLES} where ${Prisma.join(conditions, ' and ')}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    async find(key) {
      const condition = 'id' in key ? Prisma.sql`c.id = ${key.id}::uuid` : Prisma.sql`c.serial = ${key.serial}`
      const rows = await database.$queryRaw<DetailRow[]>`
        select ${LIST_COLUMNS}, c.der, c.renews_certificate_id, c.lineage_id, c.supersede_at, c.policy_version, a.certificate_der as issuer_der, r.certificate_der as root_der,
               h.id as challenge_id, h.minted_by, h.created_at as minted_at,
               t.id as transaction_id, t.source_ip, t.user_agent, t.created_at as transaction_at,
               b.id as bulk_id, b.action as bulk_action, b.starts_at as bulk_starts_at
        from ${CERTIFICATE_TABLES}
        left join authority r on r.id = a.parent_id
        left join challenge h on h.id = c.challenge_id
        left join enrolment_transaction t on t.id = c.enrolment_transaction_id
        left join lateral (
          select b.id, b.action, b.starts_at from bulk_revocation b
          where b.state = 'scheduled' and exists (
            select from bulk_revocation_item i where i.bulk_id = b.id and i.certificate_id = c.id)
          order by b.starts_at limit 1
        ) b on true
        where c.state = 'issued' and ${condition} order by c.created_at, c.id limit 2`
      return rows.map(detailRow)
    },

    async line(firstId, limit) {
      const rows = await database.$queryRaw<LineRows[]>`
        select c.id, c.serial, c.issued_at, c.not_before, c.not_after, c.revoked_at, c.revocation_reason, c.revoked_by,
          c.renews_certificate_id, a.slug as issuer_slug, a.name as issuer_name,
          ic.revoked_at as issuer_revoked_at, ic.revocation_reason as issuer_revocation_reason, ic.revoked_by as issuer_revoked_by
        from ${CERTIFICATE_TABLES}
        where (c.id = ${firstId}::uuid or c.lineage_id = ${firstId}::uuid) and c.state = 'issued'
        order by c.issued_at desc, c.id desc limit ${limit}`
      return rows.reverse().map(lineRow)
    },

    async history(objectIds, limit): Promise<AuditEventView[]> {
      const rows = await database.auditEvent.findMany({
        where: {
          objectType: { in: ['certificate', 'challenge'] },
          objectId: { in: objectIds },
          // Whoever opens the page again and again must not push what happened out of it.
          type: { not: 'audit.read' },
        },
        orderBy: { seq: 'desc' },
        take: limit,
        select: { seq: true, payload: true, chain: true },
      })
      return rows.map(eventView)
    },

    async revoke({ id, reason, comment, invalidityDate, by, at, events }) {
      return transact(database, async (transaction) => {
        const [revoked] = await transaction.$queryRaw<{ authority_id: string }[]>`
          update certificate set revoked_at = ${at}, revocation_reason = ${reason}::"RevocationReason",
            revoked_by = ${by}, revocation_comment = ${comment}, invalidity_date = ${invalidityDate}
          where id = ${id}::uuid and state = 'issued'
            and (revoked_at is null or (revocation_reason = 'certificateHold' and ${reason} <> 'certificateHold'))
          returning authority_id`
        if (revoked === undefined) return { result: false, events: [] }
        await makeCrlsDue(transaction, [revoked.authority_id], at)
        return { result: true, events }
      })
    },

    async release({ id, at, events }) {
      return transact(database, async (transaction) => {
        const [released] = await transaction.$queryRaw<{ authority_id: string }[]>`
          update certificate set revoked_at = null, revocation_reason = null, revoked_by = null,
            revocation_comment = null, invalidity_date = null
          where id = ${id}::uuid and state = 'issued' and revocation_reason = 'certificateHold'
          returning authority_id`
        if (released === undefined) return { result: false, events: [] }
        await makeCrlsDue(transaction, [released.authority_id], at)
        return { result: true, events }
      })
    },

    async counts(now, expiringBefore, { groups }) {
      const yesterday = new Date(now.getTime() - 86_400_000)
      const [row] = await database.$queryRaw<[Awaited<ReturnType<CertificateStore['counts']>>]>`
        select (count(*))::int as total,
          (count(*) filter (where ${statusCondition('valid', now, expiringBefore)}))::int as valid,
          (count(*) filter (where ${statusCondition('expiring', now, expiringBefore)}))::int as expiring,
          (count(*) filter (where ${statusCondition('expired', now, expiringBefore)}))::int as expired,
          (count(*) filter (where c.revoked_at is not null or ${statusCondition('issuer_revoked', now, expiringBefore)}))::int as revoked,
          (count(*) filter (where c.issued_at > ${yesterday}))::int as last24h,
          (select count(*) from enrolment_transaction where index_state = 'refused' and not ${isQuestion}
            and created_at > ${yesterday} and ${ofEndpoints(groups)})::int as refused24h,
          (select count(*) from ${UNSPENT} where ${isPending} and u.expires_at > ${now} and ${ofEndpoints(groups, Prisma.sql`u.endpoint_id`)})::int as "pendingChallenges"
        from ${CERTIFICATE_TABLES}
        where c.kind = 'leaf' and c.state = 'issued' and ${inReach(Prisma.sql`g.slug`, groups)}`
      return row
    },
  }
}

function ofEndpoints(groups: readonly string[] | undefined, id = Prisma.sql`endpoint_id`): Prisma.Sql {
  if (groups === undefined) return Prisma.sql`true`
  return Prisma.sql`${id} in (select e.id from endpoint e join "group" g on g.id = e.group_id where ${inReach(Prisma.sql`g.slug`, groups)})`
}

const LISTED = Prisma.sql`c.kind = 'leaf' and c.state = 'issued'`

const SORTED: Readonly<Record<CertificateSort, SortedBy>> = {
  issued: { by: Prisma.sql`c.created_at`, type: 'timestamptz' },
  name: { by: Prisma.sql`c.subject`, type: 'text' },
  ends: { by: Prisma.sql`c.not_after`, type: 'timestamptz' },
  serial: { by: Prisma.sql`c.serial`, type: 'text' },
}

interface LineRows {
  id: string
  serial: string
  issued_at: Date
  not_before: Date
  not_after: Date
  revoked_at: Date | null
  revocation_reason: RevocationReason | null
  revoked_by: string | null
  issuer_slug: string
  issuer_name: string
  issuer_revoked_at: Date | null
  issuer_revocation_reason: RevocationReason | null
  issuer_revoked_by: string | null
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
    revokedBy: row.revoked_by,
    issuer: { slug: row.issuer_slug, name: row.issuer_name },
    issuerRevocation: issuerRevocation(row),
    renewsCertificateId: row.renews_certificate_id,
  }
}

interface DetailRow extends ListRow {
  der: Uint8Array
  renews_certificate_id: string | null
  lineage_id: string | null
  supersede_at: Date | null
  policy_version: number | null
  issuer_der: Uint8Array | null
  root_der: Uint8Array | null
  challenge_id: string | null
  minted_by: string | null
  minted_at: Date | null
  transaction_id: string | null
  source_ip: string | null
  user_agent: string | null
  transaction_at: Date | null
  bulk_id: string | null
  bulk_action: RevocationAction | null
  bulk_starts_at: Date | null
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
    policyVersion: row.policy_version,
    scheduled:
      row.bulk_id && row.bulk_action && row.bulk_starts_at
        ? { bulkId: row.bulk_id, action: row.bulk_action, startsAt: row.bulk_starts_at }
        : null,
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

/** What is kept of the issuance of a certificate, from the rows that it left. */
import type { Json } from '@/lib/services/audit'
import { eventView } from '@/lib/services/audit-events'
import type { ChallengeOrigin } from '@/lib/services/challenges'
import type { ProvenanceRecord, ProvenanceStore } from '@/lib/services/provenance'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { named, VERSION_COLUMNS, type VersionRow } from './policy-versions'

export function provenanceStore(database: Database): ProvenanceStore {
  return guarded<ProvenanceStore>({
    async find(key) {
      const condition = 'id' in key ? Prisma.sql`c.id = ${key.id}::uuid` : Prisma.sql`c.serial = ${key.serial}`
      const rows = await database.$queryRaw<Row[]>`
        select c.id, c.kind, c.serial, c.subject, c.created_at, c.issued_at, c.tbs_sha256, c.policy_version,
          e.id as endpoint_id, e.slug as endpoint_slug, e.name as endpoint_name, e.policy_version as endpoint_policy_version,
          g.id as group_id, g.slug as group_slug, g.name as group_name,
          a.slug as issuer_slug, a.name as issuer_name, a.key_id, a.key_algorithm, a.subject_key_id, a.certificate_der,
          t.id as transaction_id, t.created_at as transaction_at, t.source_ip, t.user_agent, t.client, t.policy_version as transaction_policy_version,
          h.id as challenge_id, h.origin, h.minted_by, h.minted_via, h.minted_from, h.created_at as challenge_at, h.evidence,
          old.id as renews_id, old.serial as renews_serial
        from certificate c
        join authority a on a.id = c.authority_id
        left join endpoint e on e.id = c.endpoint_id
        left join "group" g on g.id = c.group_id
        left join enrolment_transaction t on t.id = c.enrolment_transaction_id
        left join challenge h on h.id = c.challenge_id
        left join certificate old on old.id = c.renews_certificate_id
        where c.state = 'issued' and ${condition} order by c.created_at, c.id limit 2`
      return Promise.all(rows.map((row) => recordOf(database, row)))
    },

    async endpointVersions(endpointId, versions) {
      const rows = await database.$queryRaw<VersionRow[]>`
        select ${VERSION_COLUMNS} from policy_version v
        where v.object_type = 'endpoint' and v.object_id = ${endpointId}::uuid and v.version = any(${versions}::int[])`
      return named(database, rows)
    },

    async groupVersionAt(groupId, at) {
      const newest = await database.policyVersion.findFirst({
        where: { objectType: 'group', objectId: groupId, at: { lte: at } },
        orderBy: { version: 'desc' },
        select: { version: true },
      })
      return newest?.version ?? null
    },

    async events(objectIds, limit) {
      const rows = await database.auditEvent.findMany({
        where: {
          objectType: { in: ['certificate', 'challenge', 'transaction'] },
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
  })
}

interface Row {
  id: string
  kind: string
  serial: string
  subject: string
  created_at: Date
  issued_at: Date
  tbs_sha256: Uint8Array
  policy_version: number | null
  endpoint_id: string | null
  endpoint_slug: string
  endpoint_name: string
  endpoint_policy_version: number
  group_id: string | null
  group_slug: string
  group_name: string
  issuer_slug: string
  issuer_name: string
  key_id: string
  key_algorithm: string
  subject_key_id: Uint8Array
  certificate_der: Uint8Array | null
  transaction_id: string | null
  transaction_at: Date
  source_ip: string | null
  user_agent: string | null
  client: string | null
  transaction_policy_version: number | null
  challenge_id: string | null
  origin: ChallengeOrigin
  minted_by: string
  minted_via: string
  minted_from: string | null
  challenge_at: Date
  evidence: { [key: string]: Json }
  renews_id: string | null
  renews_serial: string
}

async function recordOf(database: Database, row: Row): Promise<ProvenanceRecord> {
  const { transaction_id: transactionId } = row
  const [decisions, calls] = transactionId === null ? [[], []] : await saidAbout(database, transactionId)
  return {
    certificate: { id: row.id, kind: row.kind, serial: row.serial, subject: row.subject },
    drawnUpAt: row.created_at,
    issuedAt: row.issued_at,
    tbsSha256: row.tbs_sha256,
    policyVersion: row.policy_version,
    endpoint: row.endpoint_id === null ? null : endpointOf(row, row.endpoint_id),
    group: row.group_id === null ? null : { id: row.group_id, slug: row.group_slug, name: row.group_name },
    issuer: {
      slug: row.issuer_slug,
      name: row.issuer_name,
      keyId: row.key_id,
      keyAlgorithm: row.key_algorithm,
      subjectKeyId: row.subject_key_id,
      certificateDer: row.certificate_der,
    },
    transaction: transactionId === null ? null : transactionOf(row, transactionId),
    challenge: row.challenge_id === null ? null : challengeOf(row, row.challenge_id),
    renews: row.renews_id === null ? null : { id: row.renews_id, serial: row.renews_serial },
    decisions,
    calls,
  }
}

function endpointOf(row: Row, id: string): ProvenanceRecord['endpoint'] {
  return { id, slug: row.endpoint_slug, name: row.endpoint_name, policyVersion: row.endpoint_policy_version }
}

function transactionOf(row: Row, id: string): ProvenanceRecord['transaction'] {
  const { transaction_at: at, source_ip: sourceIp, user_agent: userAgent, client } = row
  return { id, at, sourceIp, userAgent, client, policyVersion: row.transaction_policy_version }
}

function challengeOf(row: Row, id: string): ProvenanceRecord['challenge'] {
  const { origin, minted_by: mintedBy, minted_via: mintedVia, minted_from: mintedFrom, evidence } = row
  return { id, origin, mintedBy, mintedVia, mintedFrom, createdAt: row.challenge_at, evidence }
}

async function saidAbout(
  database: Database,
  enrolmentTransactionId: string,
): Promise<[ProvenanceRecord['decisions'], ProvenanceRecord['calls']]> {
  const [decisions, calls] = await Promise.all([
    database.approvalDecision.findMany({
      where: { enrolmentTransactionId },
      orderBy: { createdAt: 'asc' },
      select: { name: true, approves: true, comment: true, createdAt: true },
    }),
    database.$queryRaw<(Omit<ProvenanceRecord['calls'][number], 'connector'> & { slug: string; name: string })[]>`
      select k.slug, k.name, l.operation, l.outcome, l.code, l.detail, l.at
      from connector_call l join connector k on k.id = l.connector_id
      where l.enrolment_transaction_id = ${enrolmentTransactionId}::uuid order by l.at limit 20`,
  ])
  return [
    decisions.map(({ createdAt: at, ...decision }) => ({ ...decision, at })),
    calls.map(({ slug, name, ...call }) => ({ connector: { slug, name }, ...call })),
  ]
}

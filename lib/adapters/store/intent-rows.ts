/** Reading what issuance starts from, an endpoint with its profile and issuer, and the intents it left. */
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { StoredIntent } from '@/lib/services/intents'
import type { IssuingEndpoint } from '@/lib/services/issuance'
import type { KeyAlgorithm } from '@/lib/services/signer'
import type { Database } from './database'
import type { Prisma } from './generated/client'

export interface IssuingEndpointRow {
  endpoint_id: string
  group_id: string
  policy_version: number
  profile_name: string
  validity_days: number
  backdate_minutes: number
  extended_key_usage: string[]
  min_rsa_bits: number
  elliptic_curves: string[]
  id: string
  slug: string
  name: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  certificate_der: Uint8Array
  not_before: Date
  not_after: Date
  crl_shard: number | null
  crl_shard_url: string | null
}

/** The columns of IssuingEndpointRow, and where they come from: an endpoint `e` that issues. */
export const ISSUING_COLUMNS = `
    e.id as endpoint_id, e.group_id, e.policy_version, p.name as profile_name, p.validity_days, p.backdate_minutes,
    p.extended_key_usage, p.min_rsa_bits, p.elliptic_curves, a.id, a.slug, a.name, a.key_algorithm, a.subject_der,
    a.subject_key_id, a.certificate_der, a.not_before, a.not_after, s.number as crl_shard, s.url as crl_shard_url`
export const ISSUING_JOINS = `
  join profile p on p.id = e.profile_id
  join authority a on a.id = e.authority_id
  left join crl_shard s on s.authority_id = a.id and s.number = a.crl_shard`
export const ISSUES = "e.enabled and a.certificate_der is not null and a.status <> 'revoked'"

export function issuingEndpointOf(row: IssuingEndpointRow): IssuingEndpoint {
  return {
    endpointId: row.endpoint_id,
    groupId: row.group_id,
    policyVersion: row.policy_version,
    profile: {
      name: row.profile_name,
      validityDays: row.validity_days,
      backdateMinutes: row.backdate_minutes,
      extendedKeyUsage: row.extended_key_usage,
      minRsaBits: row.min_rsa_bits,
      ellipticCurves: row.elliptic_curves,
    },
    authority: {
      id: row.id,
      slug: row.slug,
      name: row.name,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
      certificateDer: row.certificate_der,
      notBefore: row.not_before,
      notAfter: row.not_after,
      crlShard:
        row.crl_shard === null || row.crl_shard_url === null ? null : { number: row.crl_shard, url: row.crl_shard_url },
    },
  }
}

interface IntentRow {
  id: string
  kind: StoredIntent['kind']
  state: StoredIntent['state']
  authority_id: string
  group_id: string | null
  endpoint_id: string | null
  challenge_id: string | null
  enrolment_transaction_id: string | null
  renews_certificate_id: string | null
  lineage_id: string | null
  crl_shard: number | null
  policy_version: number | null
  serial: string
  tbs: Uint8Array | null
  tbs_sha256: Uint8Array
  der: Uint8Array | null
  subject: string
  sans: SubjectAlternativeName[]
  spki_sha256: Uint8Array
  not_before: Date
  not_after: Date
  created_at: Date
  authority_slug: string
  authority_name: string
  authority_der: Uint8Array | null
  profile: string
  certifies_id: string | null
  certifies_name: string | null
}

export async function readIntent(database: Database, condition: Prisma.Sql): Promise<StoredIntent | null> {
  const [row] = await database.$queryRaw<IntentRow[]>`
    select c.id, c.kind, c.state, c.authority_id, c.group_id, c.endpoint_id, c.challenge_id,
      c.enrolment_transaction_id, c.renews_certificate_id, c.lineage_id, c.crl_shard, c.policy_version, c.serial,
           c.tbs, c.tbs_sha256, c.der, c.subject, c.sans, c.spki_sha256, c.not_before, c.not_after, c.created_at,
           a.slug as authority_slug, a.name as authority_name, a.certificate_der as authority_der,
           coalesce(p.name, c.kind::text) as profile, own.id as certifies_id, own.name as certifies_name
    from certificate c
    join authority a on a.id = c.authority_id
    left join authority own on own.certificate_id = c.id
    left join endpoint e on e.id = c.endpoint_id and c.kind = 'leaf'
    left join profile p on p.id = e.profile_id
    where ${condition}`
  if (row === undefined) return null
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    authorityId: row.authority_id,
    groupId: row.group_id,
    endpointId: row.endpoint_id,
    challengeId: row.challenge_id,
    enrolmentTransactionId: row.enrolment_transaction_id,
    renews:
      row.renews_certificate_id === null
        ? null
        : { certificateId: row.renews_certificate_id, lineageId: row.lineage_id ?? row.renews_certificate_id },
    crlShard: row.crl_shard,
    policyVersion: row.policy_version,
    serial: row.serial,
    tbs: row.tbs,
    tbsSha256: row.tbs_sha256,
    der: row.der,
    subject: row.subject,
    sans: row.sans,
    spkiSha256: row.spki_sha256,
    notBefore: row.not_before,
    notAfter: row.not_after,
    createdAt: row.created_at,
    authority: { slug: row.authority_slug, name: row.authority_name },
    authorityDer: row.authority_der,
    profile: row.profile,
    certifies:
      row.certifies_id === null || row.certifies_name === null
        ? null
        : { id: row.certifies_id, name: row.certifies_name },
  }
}

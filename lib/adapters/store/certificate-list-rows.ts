/** A certificate as a row of a list: its columns, from CERTIFICATE_TABLES, and what they become. */
import type {
  CertificateListRow,
  CertificateRecord,
  IssuerRevocation,
  RevocationReason,
} from '@/lib/services/certificates'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { Prisma } from './generated/client'

export const LIST_COLUMNS = Prisma.sql`c.id, c.kind, c.serial, c.subject, c.common_name, c.sans, c.key_algorithm,
  c.not_before, c.not_after,
  c.issued_at, c.created_at, c.revoked_at, c.revocation_reason, c.revoked_by, c.revocation_comment,
  c.invalidity_date, ic.revoked_at as issuer_revoked_at, ic.revocation_reason as issuer_revocation_reason, ic.revoked_by as issuer_revoked_by,
  c.fingerprint_sha256,
  g.slug as group_slug, g.name as group_name, e.slug as endpoint_slug, e.name as endpoint_name,
  a.slug as issuer_slug, a.name as issuer_name`

export interface ListRow {
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
  invalidity_date: Date | null
  issuer_revoked_at: Date | null
  issuer_revocation_reason: RevocationReason | null
  issuer_revoked_by: string | null
  fingerprint_sha256: Uint8Array
  group_slug: string | null
  group_name: string | null
  endpoint_slug: string | null
  endpoint_name: string | null
  issuer_slug: string
  issuer_name: string
}

export function listRow(row: ListRow): CertificateListRow {
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
    invalidityDate: row.invalidity_date,
    issuerRevocation: issuerRevocation(row),
    fingerprintSha256: Buffer.from(row.fingerprint_sha256).toString('hex'),
    group: named(row.group_slug, row.group_name),
    endpoint: named(row.endpoint_slug, row.endpoint_name),
    issuer: { slug: row.issuer_slug, name: row.issuer_name },
  }
}

/** A root is its own issuer: were it ever revoked, that would be its own revocation. */
export function issuerRevocation(
  row: Pick<ListRow, 'issuer_revoked_at' | 'issuer_revocation_reason' | 'issuer_revoked_by'>,
): IssuerRevocation | null {
  const { issuer_revoked_at: at, issuer_revocation_reason: reason, issuer_revoked_by: by } = row
  return at === null ? null : { at, reason: reason ?? 'unspecified', by: by ?? 'somebody' }
}

function named(slug: string | null, name: string | null): { slug: string; name: string } | null {
  return slug === null || name === null ? null : { slug, name }
}

/** Certificates as people and API callers see them: status of the moment, names, fingerprints, extensions, chain. */

import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { describeExtensions } from '@/lib/pki/inspect'
import type { AuditEventView } from './audit'
import { fingerprints } from './authorities'
import { sha256 } from './certificate-intent'
import type { LineMember, LineRow } from './certificate-line'
import type {
  CertificateDetail,
  CertificateListRow,
  CertificateRecord,
  CertificateStatus,
  CertificateSummary,
} from './certificates'

/** From here on a certificate is shown as expiring. */
export const EXPIRING_MS = 30 * 86_400_000

type Lifetime = Pick<CertificateRecord, 'notBefore' | 'notAfter' | 'revokedAt' | 'revocationReason'>

/** Revocation comes first: a revoked certificate stays revoked when it expires. */
export function statusOf({ notBefore, notAfter, revokedAt, revocationReason }: Lifetime, now: Date): CertificateStatus {
  if (revokedAt !== null) return revocationReason === 'certificateHold' ? 'held' : 'revoked'
  if (notAfter < now) return 'expired'
  if (notBefore > now) return 'not_yet_valid'
  return notAfter.getTime() - now.getTime() <= EXPIRING_MS ? 'expiring' : 'valid'
}

export function certificateSummary(record: CertificateListRow, now: Date): CertificateSummary {
  const { id, serial, subject, commonName, san, group, endpoint, issuer, keyAlgorithm } = record
  return {
    id,
    serial,
    subject,
    commonName,
    san,
    status: statusOf(record, now),
    group,
    endpoint,
    issuer,
    keyAlgorithm,
    notBefore: record.notBefore,
    notAfter: record.notAfter,
    issuedAt: record.issuedAt,
    revokedAt: record.revokedAt,
    revocationReason: record.revocationReason,
    fingerprintSha256: record.fingerprintSha256,
  }
}

export function certificateDetail(
  record: CertificateRecord,
  { history, line }: { history: AuditEventView[]; line: LineRow[] },
  now: Date,
): CertificateDetail {
  const { der } = record
  const member = (row: LineRow | undefined): LineMember | null => (row === undefined ? null : lineMember(row, now))
  const certificate = parseCertificate(der)
  const [algorithm = '', ...size] = record.keyAlgorithm.split(' ')
  return {
    ...certificateSummary(record, now),
    kind: record.kind,
    fingerprintSha1: fingerprints(der).fingerprintSha1,
    publicKey: { algorithm, size: size.join(' '), spkiSha256: Buffer.from(sha256(certificate.spki)).toString('hex') },
    signatureAlgorithm: certificate.signatureAlgorithm,
    extensions: describeExtensions(der),
    pem: toPem(der),
    chainPem: [der, ...record.chain]
      .map((each) => toPem(each).trimEnd())
      .join('\n')
      .concat('\n'),
    challenge: record.challenge,
    transaction: record.transaction,
    revokedBy: record.revokedBy,
    revocationComment: record.revocationComment,
    renews: member(line.find(({ id }) => id === record.renewsCertificateId)),
    // One that was revoked because its answer never arrived may have been followed by another.
    renewedBy: member(line.findLast(({ renewsCertificateId }) => renewsCertificateId === record.id)),
    lineage: line.length > 1 ? line.map((row) => lineMember(row, now)) : [],
    supersedeAt: record.supersedeAt,
    history,
  }
}

function lineMember(row: LineRow, now: Date): LineMember {
  const { id, serial, issuedAt, notAfter } = row
  return { id, serial, status: statusOf(row, now), issuedAt, notAfter }
}

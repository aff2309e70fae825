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
  RevocationReason,
  StatusCause,
} from './certificates'

/** From here on a certificate is shown as expiring. */
export const EXPIRING_MS = 30 * 86_400_000

export type Lifetime = Pick<
  CertificateRecord,
  'notBefore' | 'notAfter' | 'revokedAt' | 'revocationReason' | 'revokedBy' | 'issuerRevocation'
> & { issuer: { name: string } }

export function statusOf(certificate: Lifetime, now: Date): CertificateStatus {
  return effectiveStatus(certificate, now).status
}

/**
 * The one place that decides what a certificate is worth; statusCondition() of the store asks the same in SQL. What was
 * revoked for good stays so, whatever comes later. Then the issuer: a hold under a revoked one has nothing to be released
 * to. A certificate that had ended before its issuer was revoked has simply expired.
 */
export function effectiveStatus(certificate: Lifetime, now: Date): { status: CertificateStatus; cause: StatusCause } {
  const { notBefore, notAfter, revokedAt, revocationReason: reason, revokedBy, issuerRevocation, issuer } = certificate
  const by = revokedBy ?? 'somebody'
  if (revokedAt !== null && reason !== 'certificateHold') {
    const sentence = `Revoked by ${by} on ${moment(revokedAt)}: ${reasonInWords(reason ?? 'unspecified')}.`
    return { status: 'revoked', cause: { decidedBy: 'revocation', at: revokedAt, reason, by: revokedBy, sentence } }
  }
  if (issuerRevocation !== null && notAfter >= issuerRevocation.at) {
    const { at, reason: why, by: whom } = issuerRevocation
    const sentence = `Its issuer ${issuer.name} was revoked by ${whom} on ${moment(at)}: ${reasonInWords(why)}.`
    return { status: 'issuer_revoked', cause: { decidedBy: 'issuer', at, reason: why, by: whom, sentence } }
  }
  if (revokedAt !== null) {
    const sentence = `On hold since ${moment(revokedAt)}, by ${by}. It can be released.`
    return { status: 'held', cause: { decidedBy: 'revocation', at: revokedAt, reason, by: revokedBy, sentence } }
  }
  const byTime = (status: CertificateStatus, at: Date, word: string) => ({
    status,
    cause: { decidedBy: 'validity' as const, at, reason: null, by: null, sentence: `${word} ${moment(at)}.` },
  })
  if (notAfter < now) return byTime('expired', notAfter, 'Ended on')
  if (notBefore > now) return byTime('not_yet_valid', notBefore, 'Begins on')
  const soon = notAfter.getTime() - now.getTime() <= EXPIRING_MS
  return byTime(soon ? 'expiring' : 'valid', notAfter, 'Valid until')
}

const REASON_WORDS: Record<RevocationReason, string> = {
  unspecified: 'no reason given',
  keyCompromise: 'key compromise',
  cACompromise: 'CA compromise',
  affiliationChanged: 'affiliation changed',
  superseded: 'superseded',
  cessationOfOperation: 'cessation of operation',
  certificateHold: 'on hold',
  privilegeWithdrawn: 'privilege withdrawn',
  aACompromise: 'attribute authority compromise',
}

export function reasonInWords(reason: RevocationReason): string {
  return REASON_WORDS[reason]
}

function moment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function certificateSummary(record: CertificateListRow, now: Date): CertificateSummary {
  const { id, serial, subject, commonName, san, group, endpoint, issuer, keyAlgorithm } = record
  const { status, cause } = effectiveStatus(record, now)
  return {
    id,
    serial,
    subject,
    commonName,
    san,
    status,
    statusCause: cause,
    group,
    endpoint,
    issuer,
    keyAlgorithm,
    notBefore: record.notBefore,
    notAfter: record.notAfter,
    issuedAt: record.issuedAt,
    revokedAt: record.revokedAt,
    revocationReason: record.revocationReason,
    revokedBy: record.revokedBy,
    invalidityDate: record.invalidityDate,
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
    revocationComment: record.revocationComment,
    renews: member(line.find(({ id }) => id === record.renewsCertificateId)),
    // One that was revoked because its answer never arrived may have been followed by another.
    renewedBy: member(line.findLast(({ renewsCertificateId }) => renewsCertificateId === record.id)),
    lineage: line.length > 1 ? line.map((row) => lineMember(row, now)) : [],
    supersedeAt: record.supersedeAt,
    scheduled: record.scheduled,
    policyVersion: record.policyVersion,
    history,
  }
}

function lineMember(row: LineRow, now: Date): LineMember {
  const { id, serial, issuedAt, notAfter } = row
  return { id, serial, status: statusOf(row, now), issuedAt, notAfter }
}

/** Issued certificates: finding, reading and revoking them. */
import type { AuditEventView, Page } from './audit'
import type { Actor } from './actor'
import type { SubjectAlternativeName } from './challenges'

/** RFC 5280 §5.3.1, without those that do not apply to a device. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'privilegeWithdrawn'
  | 'aACompromise'

export type CertificateStatus = 'valid' | 'expiring' | 'expired' | 'revoked' | 'held' | 'not_yet_valid'

export interface CertificateSummary {
  id: string
  serial: string
  subject: string
  commonName: string | null
  san: SubjectAlternativeName[]
  status: CertificateStatus
  group: { slug: string; name: string } | null
  endpoint: { slug: string; name: string } | null
  issuer: { slug: string; name: string }
  keyAlgorithm: string
  notBefore: Date
  notAfter: Date
  issuedAt: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  fingerprintSha256: string
}

export interface CertificateDetail extends CertificateSummary {
  kind: 'root' | 'issuer' | 'ra' | 'leaf'
  fingerprintSha1: string
  publicKey: { algorithm: string; size: string; spkiSha256: string }
  signatureAlgorithm: string
  /** As openssl -text would say it: name, criticality, readable value lines. */
  extensions: { oid: string; name: string; critical: boolean; lines: string[] }[]
  pem: string
  chainPem: string
  challenge: { id: string; mintedBy: string; createdAt: Date } | null
  transaction: { id: string; sourceIp: string | null; userAgent: string | null; at: Date } | null
  revokedBy: string | null
  revocationComment: string | null
  history: AuditEventView[]
}

export interface CertificateFilter {
  group?: string
  endpoint?: string
  status?: CertificateStatus
  /** Serial, fingerprint, common name, subject or SAN; from three characters. */
  search?: string
}

export interface CertificatesService {
  /** Leaves only, newest first, keyset paging. */
  list(actor: Actor, filter: CertificateFilter, page: { cursor?: string; limit?: number }): Promise<Page<CertificateSummary>>
  /** By row id or serial. */
  get(actor: Actor, idOrSerial: string): Promise<CertificateDetail>
  /** Bytes for download. */
  der(actor: Actor, idOrSerial: string): Promise<{ der: Uint8Array; serial: string }>
  /** Marks, records and makes a CRL due, in one transaction. Refusals: not_found, conflict (already revoked). */
  revoke(actor: Actor, idOrSerial: string, request: { reason: RevocationReason; comment?: string }): Promise<CertificateSummary>
  counts(actor: Actor): Promise<{ total: number; valid: number; expiring: number; expired: number; revoked: number; last24h: number; refused24h: number; pendingChallenges: number }>
}

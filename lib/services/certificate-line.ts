/** A line of renewals: the certificates that came of one, each asked for by the holder of the one before. */
import type { CertificateRecord, CertificateStatus } from './certificates'

export interface LineMember {
  id: string
  serial: string
  status: CertificateStatus
  issuedAt: Date
  notAfter: Date
}

/** The same as it is stored, when nobody has said what it is worth now. */
export type LineRow = Pick<
  CertificateRecord,
  | 'id'
  | 'serial'
  | 'issuedAt'
  | 'notBefore'
  | 'notAfter'
  | 'revokedAt'
  | 'revocationReason'
  | 'revokedBy'
  | 'issuer'
  | 'issuerRevocation'
  | 'renewsCertificateId'
>

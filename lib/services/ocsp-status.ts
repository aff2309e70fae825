/** What OCSP says of a certificate, from what is on record. Front and signer each read the record for themselves. */
import type { CertStatus } from '@/lib/pki/ocsp'
import { wholeSeconds } from '@/lib/pki/time'
import type { RevocationReason } from './certificates'

export interface Revocation {
  at: Date
  reason: RevocationReason
}

/**
 * A certificate that is recorded as issued. `issuer` is about the certificate of the authority that issued it: revoked, if
 * it was so before this one ended.
 */
export interface RecordedStatus {
  revoked: Revocation | null
  issuer: { revoked: Revocation | null }
}

/** Whoever has an authority's key can make certificates and answers about them. */
const COMPROMISED: readonly RevocationReason[] = ['keyCompromise', 'cACompromise']

/** Null is a serial number that was never issued: saying good of it would let a forged certificate pass. */
export function certStatus(record: RecordedStatus | null): CertStatus {
  if (record === null) return { status: 'unknown' }
  const { revoked, issuer } = record
  const own = revoked && asStatus(revoked.at, revoked.reason)
  // RFC 6960 §2.7 for a compromised key. For other reasons no path validates either, but many ask about the device alone.
  const inherited = issuer.revoked && asStatus(issuer.revoked.at, inheritedReason(issuer.revoked.reason))
  if (own !== null && isFinal(own)) return own
  return inherited ?? own ?? { status: 'good' }
}

function asStatus(at: Date, reason: RevocationReason): CertStatus {
  return { status: 'revoked', at: wholeSeconds(at), reason }
}

function inheritedReason(reason: RevocationReason): RevocationReason {
  return COMPROMISED.includes(reason) ? 'cACompromise' : reason
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** How long a relying party may believe it: for so long a revocation can stay unseen by whoever keeps answers. */
export function validityMs(status: CertStatus, kind: 'device' | 'authority'): number {
  switch (status.status) {
    case 'good':
      return kind === 'authority' ? HOUR_MS : 10 * MINUTE_MS
    case 'unknown':
      return 5 * MINUTE_MS
    case 'revoked':
      return isFinal(status) ? 24 * HOUR_MS : 5 * MINUTE_MS
  }
}

/** A hold can be released; every other revocation stays. */
export function isFinal(status: CertStatus): boolean {
  return status.status === 'revoked' && status.reason !== 'certificateHold'
}

export function sameStatus(a: CertStatus, b: CertStatus): boolean {
  if (a.status !== 'revoked' || b.status !== 'revoked') return a.status === b.status
  return a.at.getTime() === b.at.getTime() && a.reason === b.reason
}

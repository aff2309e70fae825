/** What a device presents, what is reserved for it, and what the store of both must be able to do. */
import type { Csr } from '@/lib/pki/csr'
import type { FailInfo } from '@/lib/scep/fail-info'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { RevocationReason } from './certificates'
import type { ChallengeConstraints, ChallengeState } from './challenges'
import type { EndpointPolicy, EndpointSettings } from './endpoint-settings'
import { ENROLMENT_CAUSES, type EnrolmentReason, type FailureReason } from './enrolment-refusals'
import type { Trace } from './exchange-trace'
import type { HeldCertificate } from './renewal-checks'

/** Who presents what: the transaction row, and the CSR whose retransmission may take a reservation over. */
export interface Presentation {
  endpoint: EndpointSettings & {
    id: string
    slug: string
    groupSlug: string
    policy: EndpointPolicy
    /** Where the policy narrows by it; the certificate never says more than its profile either way. */
    profile?: { extendedKeyUsage: readonly string[] }
  }
  actor: Actor
  trace: Trace
  /** RFC 8894 §3.2.1.2: 17 or 19. */
  messageType: number
  /** The certificate that signed the SCEP message, DER. It proves nothing by itself. */
  signerDer: Uint8Array
  /** Row id of the enrolment transaction. */
  transactionRowId: string
  /** RFC 8894 transactionID, as text. */
  transactionId: string
  csr: Csr
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
  signerSpkiSha256: Uint8Array
  /** The SCEP signer's key is another than the CSR's: legitimate with proxies and Windows, worth a note. */
  signerDiffers: boolean
  /** Extensions and usages of the CSR that the certificate will not carry. */
  dropped: string[]
  /** The certificate of ours that signed the message, where the new one takes over from it if the policy authorises that. */
  renews?: HeldCertificate
}

export interface ReservationRequest {
  /** Under each key it may have been minted with: at most one is known. */
  handleHashes: Uint8Array[]
  endpointId: string
  transactionRowId: string
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
}

export interface Reservation {
  id: string
  subject: string
  constraints: ChallengeConstraints
}

/** A challenge as its presenter never sees it. */
export interface PresentedChallenge {
  id: string
  subject: string
  endpointSlug: string
  /** A pending one past its end reads as expired. */
  state: ChallengeState
  reservedBy: string | null
  reservedCsrSha256: Uint8Array | null
  reservedSpkiSha256: Uint8Array | null
  /** Key that signed the SCEP message of the transaction that holds it, or held it last. */
  reservedSignerSpkiSha256: Uint8Array | null
  consumedAt: Date | null
  certificate: { id: string; notAfter: Date; revokedAt: Date | null } | null
  /** What the CSR that is asked about was refused for before, with this challenge. */
  mismatched: { reason: MismatchReason; detail: string } | null
}

/** Causes that a challenge counts: the request is wrong, and will be for this CSR. */
export const MISMATCH_REASONS = [
  'subject_mismatch',
  'san_mismatch',
  'purpose_mismatch',
  'key_mismatch',
  'device_mismatch',
  'message_type_mismatch',
] as const satisfies EnrolmentReason[]
export type MismatchReason = (typeof MISMATCH_REASONS)[number]

/** What becomes of the transaction row when its challenge is given back. */
export interface RowOutcome {
  state: 'refused' | 'failed'
  reason: EnrolmentReason | FailureReason
  detail: string
  failInfo: FailInfo | null
}

export function refusedRow(reason: EnrolmentReason, detail: string): RowOutcome {
  return { state: 'refused', reason, detail, failInfo: ENROLMENT_CAUSES[reason].failInfo }
}

/** Who came second with a consumed challenge, with which key, and what becomes of it. */
export interface SecondKey {
  challengeId: string
  spkiSha256: Uint8Array
  subject: string
  sourceIp: string | null
  transactionRowId: string
  row: RowOutcome
  /** What the endpoint asks to do to the certificate of whoever was first. */
  revoke: { reason: RevocationReason; by: string; comment: string } | null
}

export interface RevokedAtOnce {
  id: string
  serial: string
  subject: string
}

export interface RedemptionStore {
  /**
   * dynamic-challenge.md §5 step 2, one statement: pending and unexpired, or already reserved for this very CSR by this
   * transaction (or by one that a crash left behind). Null when there is no such challenge here, and for a CSR that did
   * not fit it before.
   */
  reserve(request: ReservationRequest, reserved: (reservation: Reservation) => AuditEntry): Promise<Reservation | null>
  /**
   * Gives a reservation of this transaction back and finishes the row, in one transaction. A mismatch counts once for
   * each CSR, and the last one allowed revokes: whoever captured a wrong request can repeat it, but not make another. A challenge with a certificate intent stays reserved, for the intent will be finished; a
   * row that failed then stays received, so that the same request may take it up again at once.
   */
  release(
    request: {
      challengeId: string
      transactionRowId: string
      csrSha256: Uint8Array
      mismatch: boolean
      mostMismatches: number
      row: RowOutcome
    },
    events: (after: { released: boolean; state: ChallengeState; attempt: number }) => AuditEntry[],
  ): Promise<void>
  lookup(handleHashes: Uint8Array[], csrSha256: Uint8Array): Promise<PresentedChallenge | null>
  /**
   * Notes a second key, finishes its row, and revokes what the challenge led to (its renewals too) if asked: all in one
   * transaction with the events. False, and nothing done, when this key was noted before.
   */
  alarm(second: SecondKey, events: (revoked: RevokedAtOnce[]) => AuditEntry[]): Promise<boolean>
  /** Any challenge with one of these handles, in one query. */
  lookupAny(handleHashes: Uint8Array[]): Promise<{ id: string; subject: string; endpointSlug: string } | null>
  /** Other endpoints of the installation, at most `limit`: where a misdirected challenge may belong. */
  otherEndpoints(endpointId: string, limit: number): Promise<string[]>
}

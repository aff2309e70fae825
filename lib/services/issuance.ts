/** Intent → sign → record. The one way to a certificate, for leaves, issuers, registration authorities and the root. */
import type { Actor } from './actor'
import type { ChallengeConstraints } from './challenges'

/**
 * Proof that this enrolment was authorised. issueLeaf() takes nothing else, so no path can skip the check; the private
 * constructor keeps look-alikes out. Made where a challenge was reserved, and there alone.
 */
export class EnrolmentProof {
  readonly kind = 'challenge' as const
  readonly challengeId: string
  readonly endpointId: string
  readonly enrolmentTransactionId: string
  readonly constraints: ChallengeConstraints
  readonly #made = true

  private constructor(reservation: ReservedChallenge) {
    this.challengeId = reservation.challengeId
    this.endpointId = reservation.endpointId
    this.enrolmentTransactionId = reservation.enrolmentTransactionId
    this.constraints = reservation.constraints
  }

  static ofReservedChallenge(reservation: ReservedChallenge): EnrolmentProof {
    return new EnrolmentProof(reservation)
  }

  static isProof(value: unknown): value is EnrolmentProof {
    return typeof value === 'object' && value !== null && #made in value
  }
}

/** What ChallengeStore.reserve() returned for a CSR that satisfied the constraints. */
export interface ReservedChallenge {
  challengeId: string
  endpointId: string
  enrolmentTransactionId: string
  constraints: ChallengeConstraints
}

export interface IssuedCertificate {
  id: string
  serial: string
  der: Uint8Array
}

export interface IssuanceService {
  /**
   * Builds the certificate from profile and constraints (the CSR gives the public key and matched names), lints it,
   * records the intent, has it signed, and records it as issued with the challenge consumed, the transaction finished
   * and the audit events in the same database transaction. A repeat for the same challenge finishes the same intent.
   * Refusals: csr_rejected, policy_refused, conflict (challenge already has a certificate), unavailable.
   */
  issueLeaf(request: { actor: Actor; proof: EnrolmentProof; csr: Uint8Array }): Promise<IssuedCertificate>
  /** Signs and records an intent that a crash left behind. Idempotent; returns null if it was abandoned meanwhile. */
  complete(actor: Actor, certificateId: string): Promise<IssuedCertificate | null>
}

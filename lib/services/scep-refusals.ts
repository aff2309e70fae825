/** From whatever stopped a request to a cause of the table, or to none, when the fault is ours. */
import { isRefusal } from '@/lib/errors'
import { ScepFault } from '@/lib/scep/message'
import type { RowOutcome } from './challenge-presentation'
import { ENROLMENT_CAUSES, type EnrolmentReason, EnrolmentRefusal, isFailureReason } from './enrolment-refusals'

/** The row of a request that a fault of ours stopped: the same request may take it up again. */
export function failedRow(error: unknown): RowOutcome {
  const unavailable = isRefusal(error, 'unavailable')
  const detail = unavailable ? error.detail.slice(0, 500) : error instanceof Error ? error.name : 'unknown'
  const ours = unavailable ? 'unavailable' : 'internal_error'
  const reason = unavailable && isFailureReason(error.reason) ? error.reason : ours
  return { state: 'failed', reason, detail, failInfo: null }
}

/** What issuance refuses for good. Null for an outage or a bug, after which the same request may come again. */
export function issuanceRefusal(error: unknown): EnrolmentRefusal | null {
  if (error instanceof EnrolmentRefusal) return error
  if (!isRefusal(error)) return null
  switch (error.code) {
    case 'csr_rejected':
      return new EnrolmentRefusal('csr_rejected', error.detail.slice(0, 500))
    case 'policy_refused':
      return new EnrolmentRefusal('policy_refused', error.detail.slice(0, 500))
    case 'conflict':
      return new EnrolmentRefusal(conflictReason(error.reason), error.detail.slice(0, 500))
    default:
      return null
  }
}

function conflictReason(reason: string): EnrolmentReason {
  switch (reason) {
    case 'renewed_already':
      return 'renewal_repeated'
    case 'renewed_is_revoked':
      return 'renewal_signer_revoked'
    case 'renewed_issuer_is_revoked':
      return 'renewal_issuer_revoked'
    case 'challenge_not_reserved':
      return 'challenge_revoked'
    default:
      return 'challenge_replayed'
  }
}

/** What stops a request at the device's side; null for an outage or a bug of ours. */
export function asRefusal(error: unknown): EnrolmentRefusal | null {
  if (error instanceof EnrolmentRefusal) return error
  if (!(error instanceof ScepFault)) return null
  const detail = error.message.slice(0, 200)
  switch (error.kind) {
    case 'badAlg':
      return new EnrolmentRefusal('algorithm_not_supported', detail)
    case 'badMessageCheck':
      return new EnrolmentRefusal('signature_invalid', detail)
    case 'malformed':
    case 'badRequest':
      return new EnrolmentRefusal('message_malformed', detail)
  }
}

function isChallengeCause(refusal: EnrolmentRefusal): boolean {
  return ENROLMENT_CAUSES[refusal.reason].text === ENROLMENT_CAUSES.challenge_unknown.text
}

const GUESSES: ReadonlySet<EnrolmentRefusal['reason']> = new Set([
  'challenge_unknown',
  'static_secret_unknown',
  'token_invalid',
  'validator_denied',
])

/** A value that nobody minted, here or elsewhere, or that the validator does not know: what a guesser would send many of. */
export function isGuess(refusal: EnrolmentRefusal): boolean {
  return GUESSES.has(refusal.reason)
}

/** Faults of opening share one floor, refused challenges share it too (dynamic-challenge.md §5, equal-answer rule). */
export function hasFloor(refusal: EnrolmentRefusal): boolean {
  return isChallengeCause(refusal) || ENROLMENT_CAUSES[refusal.reason].text === ENROLMENT_CAUSES.decryption_failed.text
}

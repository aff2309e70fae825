/** Every cause for which a device is refused: what it hears (little), and what the portal says about it (everything). */
import { FAIL_TEXT, type FailInfo, type FailText } from '@/lib/scep/fail-info'
import type { AuditEventType, AuditObject, Json } from './audit'

interface Cause {
  /** RFC 8894 §3.2.1.4, and one of the fixed phrases. */
  failInfo: FailInfo
  text: FailText
  event: AuditEventType
  /** The cause in plain words, then what to do next. Shown to people who are signed in. */
  explanation: string
}

const rejected = (failInfo: FailInfo, text: FailText, explanation: string): Cause => {
  return { failInfo, text, event: 'enrol.request.rejected', explanation }
}
const algorithm = (explanation: string) => rejected('badAlg', FAIL_TEXT.algorithm, explanation)
const operation = (explanation: string) => rejected('badRequest', FAIL_TEXT.operation, explanation)
const unprocessable = (explanation: string) => rejected('badRequest', FAIL_TEXT.unprocessable, explanation)
const policy = (explanation: string) => rejected('badRequest', FAIL_TEXT.policy, explanation)
/** Unknown, spent, expired, revoked, bound to another name: one phrase for all of them, so that guessing teaches nothing. */
const challenge = (event: AuditEventType, explanation: string): Cause => {
  return { failInfo: 'badRequest', text: FAIL_TEXT.challenge, event, explanation }
}

export const ENROLMENT_CAUSES = {
  algorithm_not_supported: algorithm(
    'The message uses an algorithm we do not take, or its signer has no RSA key of 2048 bits or more. Set the device to RSA 2048, SHA-256 and AES.',
  ),
  sha1_not_allowed: algorithm(
    'The message is signed with SHA-1, which this endpoint does not allow. Set the device to SHA-256, or allow SHA-1 on the endpoint.',
  ),
  triple_des_not_allowed: algorithm(
    'The message is encrypted with 3DES, which this endpoint does not allow. Set the device to AES, or allow 3DES on the endpoint.',
  ),
  des_not_allowed: algorithm(
    'The message is encrypted with single DES, which RFC 8894 forbids and this endpoint does not accept. Update the client, or switch on the legacy setting of the endpoint if it knows nothing newer.',
  ),
  signature_invalid: rejected(
    'badMessageCheck',
    FAIL_TEXT.signature,
    'The signature of the message does not verify: it was damaged or altered on its way. Let the device try again, and look at proxies in between.',
  ),
  message_malformed: unprocessable(
    'What arrived is not a SCEP message. Check that the device uses the SCEP URL of this endpoint and that no proxy rewrites it.',
  ),
  message_type_unsupported: operation(
    'The message type is none that a certificate could be issued for. Check what software the device runs.',
  ),
  operation_not_enabled: operation(
    'The device asked to renew or to fetch by SCEP, which this endpoint does not offer yet. Enrol again with a fresh challenge.',
  ),
  policy_not_served: operation(
    'Nobody decides for the challenge policy of this endpoint. Choose another policy on the endpoint.',
  ),
  envelope_malformed: unprocessable(
    'The encrypted part of the message is missing or damaged. Let the device fetch the CA certificates again.',
  ),
  decryption_failed: unprocessable(
    'The message was not encrypted to the registration authority of this endpoint. Let the device fetch the CA certificates again.',
  ),
  csr_malformed: unprocessable(
    'The certificate request inside the message cannot be read. Check what software the device runs.',
  ),
  csr_signature_invalid: unprocessable(
    'The certificate request is not signed by the key it names, so the device has not proven that it holds that key.',
  ),
  signer_key_differs: unprocessable(
    'The message was signed with another key than the one it asks to certify, and this endpoint does not allow that. If a proxy such as Jamf Pro signs for the device, pin its certificate on the endpoint; if not, somebody may have sent a captured request again.',
  ),
  weak_key: policy(
    'The key of the device is too weak or of a kind the profile does not allow. Set a stronger key in the device profile (RSA 2048 or more).',
  ),
  ca_requested: policy('The request asks for a CA certificate. No device gets one. Find out what sent it.'),
  sid_requested: policy(
    'The request carries a Windows security identifier, which this endpoint does not issue. Take it out of the device profile.',
  ),
  extension_malformed: policy('An extension in the request cannot be read. Check the device profile.'),
  csr_rejected: policy('The certificate could not be made from this request. The detail says why.'),
  policy_refused: policy(
    'The certificate would break the profile of the endpoint. Compare the request with the profile.',
  ),
  challenge_missing: challenge(
    'enrol.request.rejected',
    'The request carries no challenge. Mint one and put it into the device profile.',
  ),
  challenge_repeated: challenge(
    'enrol.request.rejected',
    'The request carries more than one challenge. Check the device profile.',
  ),
  challenge_unknown: challenge(
    'challenge.unknown',
    'No such challenge was ever minted here. Look for a typing mistake, or mint a new one.',
  ),
  challenge_other_endpoint: challenge(
    'challenge.unknown',
    'The challenge belongs to another endpoint. Use the SCEP URL it was minted for, or mint one here.',
  ),
  challenge_expired: challenge(
    'challenge.expired',
    'The challenge had expired. Mint a new one, with a longer time to live if the device is slow.',
  ),
  challenge_replayed: challenge(
    'challenge.replayed',
    'The challenge had already been used by another key. If this is the rightful device, somebody else used its challenge first: revoke that certificate and mint a new challenge.',
  ),
  challenge_revoked: challenge(
    'enrol.request.rejected',
    'The challenge had been revoked. Mint a new one if the device may still enrol.',
  ),
  subject_mismatch: challenge(
    'challenge.mismatch',
    'The request names another subject than the challenge is bound to. Correct the device profile, or mint a challenge for this subject.',
  ),
  san_mismatch: challenge(
    'challenge.mismatch',
    'The request asks for names the challenge is not bound to. Correct the device profile, or mint a challenge with these names.',
  ),
  usage_mismatch: challenge(
    'challenge.mismatch',
    'The request asks for key usages outside the profile. Correct the device profile.',
  ),
  transaction_conflict: challenge(
    'scep.transaction_conflict',
    'Somebody sent a request again that another key had signed. Nothing was disclosed. If it repeats, look at the source address.',
  ),
  certificate_revoked: rejected(
    'badRequest',
    FAIL_TEXT.denied,
    'The device asked again for a certificate that has been revoked. It needs a new challenge, if it may still enrol.',
  ),
  poll_no_match: rejected(
    'badCertId',
    FAIL_TEXT.noMatch,
    'The device asked after a request that we do not know, or with another key. Let it enrol anew.',
  ),
} as const satisfies Record<string, Cause>

export type EnrolmentReason = keyof typeof ENROLMENT_CAUSES

/** Causes that are ours, not the device's: it hears HTTP 5xx and tries again; the row says `failed`. */
export const FAILURE_EXPLANATIONS = {
  unavailable:
    'A part of Latchkey could not answer, so nothing was decided and nothing was used up. The device tries again by itself.',
  endpoint_not_ready:
    'The endpoint was switched off, or its issuer has no certificate yet. Nothing was used up. Switch it on; the device tries again by itself.',
  issuer_expired:
    'The issuer of the group has expired, so nothing can be issued under it. Nothing was used up. Set up a new group for these devices.',
  interrupted:
    'The request was cut short by a restart, and the device has not come back. Its challenge can be used again.',
  internal_error: 'An unexpected error stopped the request. Nothing was used up. The log has the details.',
} as const

export type FailureReason = keyof typeof FAILURE_EXPLANATIONS

/**
 * What the challenge itself settled: it stays so, and the same request hears it again. All other causes can pass (a
 * profile is repaired, an endpoint switched on), so the same request is looked into anew.
 */
const SETTLED: ReadonlySet<EnrolmentReason> = new Set([
  'challenge_missing',
  'challenge_repeated',
  'challenge_unknown',
  'challenge_other_endpoint',
  'challenge_expired',
  'challenge_replayed',
  'challenge_revoked',
  'subject_mismatch',
  'san_mismatch',
] as const)

export function isSettled(reason: EnrolmentReason): boolean {
  return SETTLED.has(reason)
}

export function isFailureReason(reason: string): reason is FailureReason {
  return Object.hasOwn(FAILURE_EXPLANATIONS, reason)
}

export function isEnrolmentReason(reason: string): reason is EnrolmentReason {
  return Object.hasOwn(ENROLMENT_CAUSES, reason)
}

/** The words for a stored reason code; null for a code that a later version may have written. */
export function explanationOf(reason: string): string | null {
  if (isEnrolmentReason(reason)) return ENROLMENT_CAUSES[reason].explanation
  return isFailureReason(reason) ? FAILURE_EXPLANATIONS[reason] : null
}

/** Stops one enrolment. `detail` and `data` go to the row and the trail, never to the device. */
export class EnrolmentRefusal extends Error {
  readonly reason: EnrolmentReason
  readonly detail: string
  readonly data: { [key: string]: Json }
  readonly object: AuditObject | null
  /** True when row and events were written together with what caused them. */
  readonly recorded: boolean
  /** This very CSR was refused for it before, under another transaction: nothing new happened. */
  readonly again: boolean

  constructor(
    reason: EnrolmentReason,
    detail: string,
    more: { data?: { [key: string]: Json }; object?: AuditObject; recorded?: boolean; again?: boolean } = {},
  ) {
    super(`${reason}: ${detail}`)
    this.name = 'EnrolmentRefusal'
    this.reason = reason
    this.detail = detail
    this.data = more.data ?? {}
    this.object = more.object ?? null
    this.recorded = more.recorded ?? false
    this.again = more.again ?? false
  }
}

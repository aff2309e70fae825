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
  query_malformed: unprocessable(
    'The device asked for a certificate or a revocation list by something that is no issuer and serial number. Check what software it runs.',
  ),
  endpoint_off: operation(
    'The endpoint is switched off, so nothing is allowed at it. Switch it on again if devices may enrol.',
  ),
  renewal_off: operation(
    'The device asked to renew, and this endpoint does not offer renewal. Allow it on the endpoint, or let the device enrol with a fresh challenge.',
  ),
  renewal_signer_unknown: operation(
    'The request to renew was signed by a certificate that is none of this group. Only a certificate that this endpoint issued can renew itself; let the device enrol with a challenge.',
  ),
  renewal_signer_forged: operation(
    'The request was signed by a certificate that names our issuer and one of our serial numbers, and is not the one we issued: a forgery. Look at the source address.',
  ),
  renewal_signer_no_leaf: operation(
    'The request was signed by a certificate of the authority itself, which authorises nobody to enrol. Find out who has its key.',
  ),
  renewal_other_endpoint: operation(
    'The certificate was issued by another endpoint of the group, which may grant less. Let the device renew at the SCEP URL it enrolled at.',
  ),
  renewal_by_pkcs_req_off: operation(
    'The device signed an ordinary request with its certificate, and this endpoint does not take that for a renewal. Allow it on the endpoint, or put a challenge into the device profile.',
  ),
  renewal_signer_expired: operation(
    'The certificate that was to be renewed is not valid now: it has expired, or its time has not come. Let the device enrol with a fresh challenge.',
  ),
  renewal_signer_revoked: rejected(
    'badRequest',
    FAIL_TEXT.operation,
    'The request was signed by a certificate that is revoked or on hold. It authenticates nobody; if the device may still enrol, remove that certificate from it and mint a challenge.',
  ),
  renewal_issuer_revoked: operation(
    'The certificate that was to be renewed is of an issuer that was revoked, so it vouches for nobody. Let the device enrol with a fresh challenge.',
  ),
  renewal_device_blocked: operation(
    'The certificate issued last for this subject was revoked for a reason that takes the trust from the device, so older ones cannot be renewed. Mint a challenge if it may enrol again.',
  ),
  renewal_subject_differs: operation(
    'The request names another subject than the certificate it would renew. Names change by a new enrolment: mint a challenge for the new one.',
  ),
  renewal_san_outside: operation(
    'The request asks for names that the certificate before does not have. Names are added by a new enrolment: mint a challenge with them.',
  ),
  renewal_too_early: operation(
    'The certificate may not be renewed yet: its renewal window has not opened. Let the device wait, or widen the window on the endpoint.',
  ),
  renewal_repeated: {
    ...operation(
      'The certificate has been renewed before, with another request. If the device lost that answer, revoke the certificate it never got as "unspecified", and the old one may renew again. If it did not, somebody else has its key: revoke both.',
    ),
    event: 'renewal.repeated',
  },
  certificate_not_found: rejected(
    'badCertId',
    FAIL_TEXT.noMatch,
    'The device asked for a certificate that is not its own, or that this group never issued. A certificate is given to the holder of its key only.',
  ),
  crl_not_found: rejected(
    'badCertId',
    FAIL_TEXT.noMatch,
    'The device asked for the revocation list of an authority that is none of this group, or that has published none yet. Let it fetch the CA certificates again, and look at Authorities for when the list was published.',
  ),
  crl_too_large: rejected(
    'badCertId',
    FAIL_TEXT.noMatch,
    'The revocation list is too large to be sealed for every device that asks. Let the device fetch it over HTTP from the address in its certificate.',
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
    'The certificate request is not signed by the key it names, so the device has not proven that it holds that key. Check what software the device runs, and whether a proxy rewrites its requests.',
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
  csr_rejected: policy(
    'The certificate could not be made from this request. Change what the detail names in the device profile.',
  ),
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
  static_secret_unknown: challenge(
    'challenge.unknown',
    'The value is no static secret of this endpoint. Look for a typing mistake in the device profile.',
  ),
  static_secret_expired: challenge(
    'enrol.request.rejected',
    'The static secret had expired. Create a new one and put it into the device profile.',
  ),
  static_secret_revoked: challenge(
    'enrol.request.rejected',
    'The static secret had been revoked. Whoever sent this still has it: find out who, and give devices that may enrol the new one.',
  ),
  static_secret_exhausted: challenge(
    'enrol.request.rejected',
    'The static secret has been used as often as it may be. Create a new one if more devices are to enrol.',
  ),
  static_secret_too_fast: challenge(
    'enrol.request.rejected',
    'The static secret was used more often within the hour than it may be. The device can try again later; if nobody set up so many devices, revoke the secret.',
  ),
  static_secret_address: challenge(
    'enrol.request.rejected',
    'The request came with the right static secret from an address that is not allowed. If it is not yours, revoke the secret; else create one that allows the address.',
  ),
  static_secret_template: challenge(
    'enrol.request.rejected',
    'The request names what the template of the static secret does not allow. Correct the device profile, or create a secret with another template.',
  ),
  approval_challenge: challenge(
    'enrol.request.rejected',
    'The request carries a challenge, and at this endpoint people decide. Take the challenge out of the device profile, or let such requests wait too.',
  ),
  approval_queue_full: operation(
    'Too many requests wait for approval already, at this endpoint or from this address. Decide some; the device can try again then.',
  ),
  request_denied: rejected(
    'badRequest',
    FAIL_TEXT.denied,
    'Somebody denied the request. The comment says why; the device has to ask anew if it may enrol after all.',
  ),
  request_expired: rejected('badRequest', FAIL_TEXT.expired, 'Nobody decided in time. The device has to ask anew.'),
  usage_mismatch: challenge(
    'challenge.mismatch',
    'The request asks for key usages outside the profile. Correct the device profile.',
  ),
  validator_missing: operation(
    'Nobody decides for this endpoint: it has no validator, or its validator is disabled. Choose one on the endpoint.',
  ),
  validator_denied: challenge(
    'validator.answered',
    'The validator of this endpoint does not allow the request. The detail gives its reason. Look into its records, or let the device enrol with what the validator expects.',
  ),
  validator_unavailable: rejected(
    'badRequest',
    FAIL_TEXT.unprocessable,
    'The validator of this endpoint gave no answer, so nothing was decided and nothing was used up. The detail says what failed. Once it answers again, the same request succeeds.',
  ),
  device_not_managed: policy(
    'The MDM of this endpoint does not manage the device, so it gets no certificate. Enrol the device in the MDM, or look there for why it is no longer managed.',
  ),
  device_unnamed: policy(
    'The MDM of this endpoint is asked about each device, and neither the challenge nor the subject says which one this is. Let the profile name the serial number where the subject template of the connector has it.',
  ),
  device_lookup_failed: rejected(
    'badRequest',
    FAIL_TEXT.unprocessable,
    'The MDM of this endpoint did not say whether it manages the device, so nothing was issued and nothing was used up. The calls of the connector say what failed. Once it answers again, the same request succeeds.',
  ),
  purpose_mismatch: challenge(
    'challenge.mismatch',
    'The request asks for extended key usages that the challenge is not bound to. Correct the device profile, or mint a challenge with these usages.',
  ),
  key_mismatch: challenge(
    'challenge.mismatch',
    'The key or the signature of the request is not what the challenge is bound to. Correct the key settings in the device profile, or mint a challenge with other key rules.',
  ),
  device_mismatch: challenge(
    'challenge.mismatch',
    'The request names another device than the challenge is bound to. If the device is the right one, mint a challenge for it.',
  ),
  message_type_mismatch: challenge(
    'challenge.mismatch',
    'The challenge is not for this kind of request: it allows a first enrolment only, or a renewal only. Mint one that allows it.',
  ),
  challenge_altered: challenge(
    'challenge.mismatch',
    'What the database says about this challenge is not what was sealed into it when it was minted. Somebody changed the row: look into it before anything else, and mint a new challenge.',
  ),
  token_invalid: challenge(
    'challenge.unknown',
    'The signed challenge could be opened, but no registered minter signed it; the detail says what is wrong. Compare the keys and the issuer of the minter.',
  ),
  token_not_allowed: challenge(
    'enrol.request.rejected',
    'A registered minter signed the challenge, but it says what that minter may not say here, or not now; the detail says which. Correct what the minter writes, or its limits.',
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
  too_late:
    'The device hung up, or had waited too long, before its certificate was signed. Nothing was issued and nothing was used up. It tries again by itself; if this repeats, look at how busy Latchkey and its database are.',
  interrupted:
    'The request was cut short by a restart, and the device has not come back. Its challenge can be used again.',
  failed_elsewhere:
    'The other server asked about this request, was allowed, and could not issue the certificate. The challenge can be used again.',
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
  'static_secret_unknown',
  'static_secret_expired',
  'static_secret_revoked',
  'static_secret_template',
  'request_denied',
  'request_expired',
  'validator_denied',
  'purpose_mismatch',
  'key_mismatch',
  'device_mismatch',
  'message_type_mismatch',
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

/** The first sentence says what happened, the others what to do next. */
export function causeOf(explanation: string): { cause: string; nextStep: string | null } {
  const end = explanation.search(/\. (?=[A-Z])/)
  if (end < 0) return { cause: explanation, nextStep: null }
  return { cause: explanation.slice(0, end + 1), nextStep: explanation.slice(end + 2) }
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

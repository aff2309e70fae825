/** What Intune answers about a request (intune.md §5.5): each code in plain words, with what to do and who can do it. */
import { FAIL_TEXT } from '@/lib/scep/fail-info'
import type { Cause } from './enrolment-refusals'

const refused = (explanation: string): Cause => ({
  failInfo: 'badRequest',
  text: FAIL_TEXT.challenge,
  event: 'validator.answered',
  explanation,
})

/** Stable reasons of ours; the code itself stands in the detail. The first sentence is the cause, the others the next step. */
export const INTUNE_CAUSES = {
  intune_unknown: refused(
    'Intune refused the request without saying why (Unknown). This is on the side of Microsoft: let the device check in again later, and give the activity id in the log of the connector to Microsoft support if it stays.',
  ),
  intune_request_unreadable: refused(
    'Intune could not read the certificate request (CertificateRequestDecodingFailed). Check what software the device runs and whether a proxy rewrites its requests; if it is a plain Intune client, report it to us with the activity id of the connector log.',
  ),
  intune_challenge_missing: refused(
    'The request carries no challenge of Intune (ChallengePasswordMissing). The device is not managed by Intune, or was given the SCEP URL by something else: the administrator of the device checks its profile.',
  ),
  intune_challenge_undecodable: refused(
    'The challenge in the request is not one of Intune (ChallengeDecodingError). Somebody typed it, or another device management made it: only profiles of Intune lead to this endpoint.',
  ),
  intune_challenge_malformed: refused(
    'The challenge in the request has not the form of one of Intune (ChallengeDeserializationError). Another device management made it, or it was cut on its way: only profiles of Intune lead to this endpoint.',
  ),
  intune_challenge_other_tenant: refused(
    'Intune cannot open the challenge with the keys of this tenant (ChallengeDecryptionError). The device belongs to another tenant than the connector: the administrator of the connector compares the tenant ID.',
  ),
  intune_challenge_forged: refused(
    'The signature on the challenge is not that of Intune (SignatureValidationFailed). It was altered on its way or made up: look at the source address; a device that is in order gets a new one at its next check-in.',
  ),
  intune_challenge_other_signer: refused(
    'The challenge was signed by a certificate that Intune does not expect (SigningCertThumbprintMismatch). It was made up, or Microsoft has just changed its certificate: look at the source address, and let the device check in again.',
  ),
  intune_challenge_time: refused(
    'The times in the challenge cannot be right (ChallengeInvalidTimestamp). They are made on the side of Microsoft: let the device check in again, and ask Microsoft support if it stays.',
  ),
  intune_challenge_expired: refused(
    'The challenge is older than 60 minutes (ChallengeExpired). The device was offline after it got its profile: nothing has to be done, its next check-in brings a new one. If it stays, the administrator of Intune compares the clocks, and whether the device reaches this server.',
  ),
  intune_subject_missing: refused(
    'Intune misses the subject in the request (SubjectNameMissing). The administrator of Intune checks the subject name format in the SCEP profile.',
  ),
  intune_subject_mismatch: refused(
    'The subject in the request is not the one of the SCEP profile (SubjectNameMismatch). The administrator of Intune compares the subject name format: values with "+", ",", ";" or "=" arrive escaped and do not match, so leave attributes that may hold them out of it.',
  ),
  intune_san_missing: refused(
    'Intune misses the subject alternative names in the request (SubjectAltNameMissing). The administrator of Intune checks them in the SCEP profile, and that every user or device has the attributes they name.',
  ),
  intune_san_mismatch: refused(
    'The subject alternative names in the request are not those of the SCEP profile (SubjectAltNameMismatch). The administrator of Intune compares them, and whether an attribute of the user or the device has changed since; the next check-in brings a new request.',
  ),
  intune_key_usage_mismatch: refused(
    'The key usage in the request is not the one of the SCEP profile (KeyUsageMismatch). The administrator of Intune sets "Key usage" to digital signature and key encipherment, and lets the device check in again.',
  ),
  intune_key_length_mismatch: refused(
    'The key is not as long as the SCEP profile says (KeyLengthMismatch). The administrator of Intune sets "Key size" to one that the platform can make, 2048 or more, and lets the device check in again.',
  ),
  intune_eku_missing: refused(
    'Intune misses the extended key usage in the request (EnhancedKeyUsageMissing). The administrator of Intune checks "Extended key usage" in the SCEP profile.',
  ),
  intune_eku_mismatch: refused(
    'The extended key usage in the request is not the one of the SCEP profile (EnhancedKeyUsageMismatch). The administrator of Intune compares "Extended key usage" in the SCEP profile with what the device sends.',
  ),
  intune_device_keys_missing: refused(
    'Intune does not know the key with which the device is registered in Entra (AadKeyIdentifierListMissing). The administrator of the device registers it in Entra again (dsregcmd /status shows how it is registered).',
  ),
  intune_device_key_mismatch: refused(
    'The key of the device is not the one with which it is registered in Entra (RegisteredKeyMismatch). The administrator of the device registers it in Entra again.',
  ),
  intune_not_targeted: refused(
    'The SCEP profile is no longer assigned to the device or its user (ScepProfileNoLongerTargetedToTheClient). After an assignment was taken away this is as it should be; else the administrator of Intune assigns the profile again.',
  ),
  intune_request_id_unknown: refused(
    'Intune no longer knows the request that the challenge was made for (BadCertificateRequestIdInChallenge). The device was deleted or enrolled anew: its next check-in brings a new challenge.',
  ),
  intune_device_unknown: refused(
    'Intune does not know the device that the challenge was made for (BadDeviceIdInChallenge). It was deleted or enrolled anew: the administrator of Intune looks it up, and enrols it again if it may have a certificate.',
  ),
  intune_user_unknown: refused(
    'Intune does not know the user that the challenge was made for (BadUserIdInChallenge). The account was deleted or made anew: the administrator of Intune looks it up, and lets the device check in again.',
  ),
  intune_code_unknown: refused(
    'Intune refused the request with a code that this version does not know; the detail has it. Search for it in the documentation of Microsoft, and update Latchkey.',
  ),
  intune_challenge_replayed: {
    ...refused(
      'The challenge was used before, by a request with another key. If this is the rightful device, somebody else used its challenge first: look up the other enrolment and revoke its certificate; the next check-in of the device brings a new challenge.',
    ),
    event: 'challenge.replayed',
  },
  intune_not_confirmed: {
    ...refused(
      'Intune did not take note of the certificate that was made, so it was revoked before anybody had it; the detail has its code. The next check-in of the device brings a new challenge and a new request.',
    ),
    text: FAIL_TEXT.denied,
  },
  intune_confirmation_outstanding: {
    ...refused(
      'The certificate is made, and Intune could not be told of it yet, so it is held back; the detail says what failed. It is told again by itself, for a day, and the same request of the device then gets its certificate.',
    ),
    text: FAIL_TEXT.unprocessable,
    event: 'validator.unavailable',
  },
} as const satisfies Record<string, Cause>

export type IntuneReason = keyof typeof INTUNE_CAUSES

/** Names are exact. */
const REASONS: Readonly<Record<string, IntuneReason>> = {
  Unknown: 'intune_unknown',
  CertificateRequestDecodingFailed: 'intune_request_unreadable',
  ChallengePasswordMissing: 'intune_challenge_missing',
  ChallengeDecodingError: 'intune_challenge_undecodable',
  ChallengeDeserializationError: 'intune_challenge_malformed',
  ChallengeDecryptionError: 'intune_challenge_other_tenant',
  SignatureValidationFailed: 'intune_challenge_forged',
  SigningCertThumbprintMismatch: 'intune_challenge_other_signer',
  ChallengeInvalidTimestamp: 'intune_challenge_time',
  ChallengeExpired: 'intune_challenge_expired',
  SubjectNameMissing: 'intune_subject_missing',
  SubjectNameMismatch: 'intune_subject_mismatch',
  SubjectAltNameMissing: 'intune_san_missing',
  SubjectAltNameMismatch: 'intune_san_mismatch',
  KeyUsageMismatch: 'intune_key_usage_mismatch',
  KeyLengthMismatch: 'intune_key_length_mismatch',
  EnhancedKeyUsageMissing: 'intune_eku_missing',
  EnhancedKeyUsageMismatch: 'intune_eku_mismatch',
  AadKeyIdentifierListMissing: 'intune_device_keys_missing',
  RegisteredKeyMismatch: 'intune_device_key_mismatch',
  ScepProfileNoLongerTargetedToTheClient: 'intune_not_targeted',
  BadCertificateRequestIdInChallenge: 'intune_request_id_unknown',
  BadDeviceIdInChallenge: 'intune_device_unknown',
  BadUserIdInChallenge: 'intune_user_unknown',
}

export const INTUNE_CODES: readonly string[] = Object.keys(REASONS)

/** Another spelling of the same word still is that word; the log has it as it came. */
export function isSuccess(code: string): boolean {
  return code.toLowerCase() === 'success'
}

export function intuneReason(code: string): IntuneReason {
  return (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined) ?? 'intune_code_unknown'
}

/** Values that no device of Intune's presents: what a guesser would send many of. */
export const INTUNE_GUESSES = [
  'intune_challenge_undecodable',
  'intune_challenge_malformed',
  'intune_challenge_forged',
] as const satisfies IntuneReason[]

/** Decided by this very request and its challenge, so it stays decided. */
export const INTUNE_SETTLED = (Object.keys(INTUNE_CAUSES) as IntuneReason[]).filter(
  (reason) => !['intune_unknown', 'intune_code_unknown', 'intune_confirmation_outstanding'].includes(reason),
)

const ACCESS_DENIED = -2147024891
const HRESULT: Readonly<Record<string, number>> = {
  // CERTSRV_E_ADMIN_DENIED_REQUEST
  policy_refused: -2146877420,
  csr_rejected: -2146877420,
  challenge_revoked: ACCESS_DENIED,
  challenge_replayed: ACCESS_DENIED,
  // ERROR_FILE_NOT_FOUND
  endpoint_not_ready: -2147024894,
  issuer_expired: -2147024894,
  // E_FAIL
  unavailable: -2147467259,
  interrupted: -2147467259,
}

/** What Intune's administrator sees beside the description: docs/mdm/intune.md lists them. */
export function hResultOf(reason: string | null): number {
  return (reason === null ? undefined : HRESULT[reason]) ?? -2147418113
}

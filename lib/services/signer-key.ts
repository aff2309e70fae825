/** Whether a SCEP message may be signed by another key than the one to be certified (scep.md §4.1). */
import { parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { sha256 } from './certificate-intent'
import type { Presentation } from './challenge-presentation'
import type { EndpointPolicy, EndpointSettings } from './endpoint-settings'
import { EnrolmentRefusal } from './enrolment-refusals'

type Rules = Pick<EndpointSettings, 'signerKeyPolicy' | 'trustedProxySigners'> & {
  policy: EndpointPolicy
  chain: readonly Uint8Array[]
}

/** Policies whose authorisation is worth one certificate: whoever signs, no second one can come of it. */
export const BINDS_ITSELF: readonly EndpointPolicy[] = ['dynamic', 'delegated']

/**
 * Anybody can lift an envelope off the wire and sign it anew. Jamf and Ivanti sign for their devices and Windows makes a
 * key for the purpose, so it cannot be forbidden everywhere; but where the authorisation is a shared secret or a person's
 * word about what they see, the signer has to be the device, a proxy that was pinned, or a certificate of this issuer.
 * The answer is that of an envelope which does not open.
 */
export function checkSignerKey(
  rules: Rules,
  presentation: Pick<Presentation, 'signerDiffers' | 'signerDer' | 'trace'>,
): void {
  const { signerDiffers, signerDer, trace } = presentation
  if (!signerDiffers) return
  const signer = Buffer.from(sha256(signerDer)).toString('hex')
  const pinned = rules.trustedProxySigners.includes(signer)
  const allowed =
    pinned ||
    (rules.signerKeyPolicy === 'allow_with_challenge' && BINDS_ITSELF.includes(rules.policy)) ||
    isIssuedBy(rules.chain[0], signerDer)
  trace.note('signer.differs', { signerSha256: signer, pinned, allowed })
  if (!allowed)
    throw new EnrolmentRefusal('signer_key_differs', `signed with another key, by the certificate ${signer}`, {
      data: { signerSha256: signer },
    })
}

/** Proof of an earlier enrolment here, as in a renewal that falls back to its challenge. */
function isIssuedBy(issuer: Uint8Array | undefined, certificate: Uint8Array): boolean {
  if (issuer === undefined) return false
  try {
    return verifyCertificateSignature(certificate, parseCertificate(issuer).spki)
  } catch {
    // Self-made signers break many rules of DER; ours do not.
    return false
  }
}

/** Who may wrap a request: where nothing but the wrapping tells the device from an onlooker, the key must be its own. */
import { sha256 } from './certificate-intent'
import type { Presentation } from './challenge-presentation'
import { EnrolmentRefusal } from './enrolment-refusals'

/**
 * scep.md §4.1: refused for static secrets and approvals, whatever the endpoint's signerKeyPolicy says, unless an
 * administrator pinned the very certificate that signed.
 */
export function refuseOtherSigner({ endpoint, signerDer, signerDiffers, trace }: Presentation): void {
  if (!signerDiffers) return
  const fingerprint = Buffer.from(sha256(signerDer)).toString('hex')
  const pinned = endpoint.trustedProxySigners.includes(fingerprint)
  trace.note('signer.verdict', { differs: true, pinned })
  if (!pinned) throw new EnrolmentRefusal('signer_key_differs', `the message is signed by certificate ${fingerprint}`)
}

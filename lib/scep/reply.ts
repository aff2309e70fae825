/** CertRep (RFC 8894 §3.3.2): SUCCESS, FAILURE and PENDING, signed by the registration authority. */
import { octetString, printableString, utf8String } from '@/lib/pki/der-write'
import { OID } from '@/lib/pki/oid'
import { randomOctets } from '@/lib/pki/random'
import { contentAttributes } from '@/lib/pki/signed-attributes'
import type { Cipher, ReplyDigest } from './algorithms'
import { type AttributeValue, commonAttributes, encodeSignedAttributes } from './attributes'
import { sealEnvelope } from './envelope'
import { FAIL_INFO_NUMBER, type FailInfo, type FailText } from './fail-info'
import { degenerateCertificates, degenerateCrl, digestOf, encodeSignedData, ownIdentity } from './signed-data'

/** What every reply needs: MessageFacts suffice, so a message that failed its check can be answered too. */
export interface FailureContext {
  transactionId: Uint8Array
  transactionIdTag: number
  /** The request's senderNonce. */
  recipientNonce: Uint8Array | null
  digest: ReplyDigest
  ra: { certificateDer: Uint8Array }
  /** Signs the DER SET OF signed attributes with the RA key, PKCS#1 v1.5, under `digest`. */
  sign(signedAttributes: Uint8Array): Promise<Uint8Array>
}

/** What a SUCCESS needs besides: whom to encrypt to, and how. */
export interface ReplyContext extends FailureContext {
  cipher: Cipher
  /** The certificate that signed the request, and no other: an attacker could have appended one. */
  signer: { issuerDer: Uint8Array; serial: Uint8Array; spki: Uint8Array }
}

const CERT_REP = 3
const PKI_STATUS = { SUCCESS: '0', FAILURE: '2', PENDING: '3' } as const

/** `certificates` in the order the client shall see them, the leaf first. */
export function sealSuccess(context: ReplyContext, certificates: readonly Uint8Array[]): Promise<Uint8Array> {
  return succeed(context, degenerateCertificates(certificates))
}

/** The answer to GetCRL (RFC 8894 §4.6.1). */
export function sealCrl(context: ReplyContext, crl: Uint8Array): Promise<Uint8Array> {
  return succeed(context, degenerateCrl(crl))
}

function succeed(context: ReplyContext, content: Uint8Array): Promise<Uint8Array> {
  const envelope = sealEnvelope(content, context.signer, context.cipher)
  return seal(context, envelope, [[OID.pkiStatus, printableString(PKI_STATUS.SUCCESS)]])
}

export function sealFailure(context: FailureContext, failInfo: FailInfo, text: FailText): Promise<Uint8Array> {
  return seal(context, null, [
    [OID.pkiStatus, printableString(PKI_STATUS.FAILURE)],
    [OID.failInfo, printableString(String(FAIL_INFO_NUMBER[failInfo]))],
    [OID.failInfoText, utf8String(text)],
  ])
}

export function sealPending(context: FailureContext): Promise<Uint8Array> {
  return seal(context, null, [[OID.pkiStatus, printableString(PKI_STATUS.PENDING)]])
}

/**
 * GetNextCACert (RFC 8894 §4.7.1): the certificates of the next generation, signed by the present one. No SCEP attributes:
 * it is no pkiMessage. `sign` is given the content and signs these very attributes, SHA-256 with PKCS#1 v1.5.
 */
export async function sealNextCertificates(
  certificates: Uint8Array,
  { ra, sign }: { ra: FailureContext['ra']; sign(certificates: Uint8Array): Promise<Uint8Array> },
): Promise<Uint8Array> {
  const digest = 'sha256'
  const signedAttributes = contentAttributes(certificates)
  const certificate = ownIdentity(ra.certificateDer)
  const signature = await sign(certificates)
  return encodeSignedData({ content: certificates, digest, certificate, signedAttributes, signature })
}

/** A new senderNonce every time: jscep refuses a nonce it has seen, so replies are never kept and sent again. */
async function seal(
  context: FailureContext,
  content: Uint8Array | null,
  status: readonly AttributeValue[],
): Promise<Uint8Array> {
  const { transactionIdTag: tag, transactionId: bytes, recipientNonce, digest } = context
  const signedAttributes = encodeSignedAttributes([
    ...commonAttributes({
      digest: digestOf(digest, content),
      messageType: CERT_REP,
      transactionId: { tag, bytes },
      // Older iOS sends 8 octets and expects 8.
      senderNonce: randomOctets(recipientNonce?.length || 16),
    }),
    ...(recipientNonce ? [[OID.recipientNonce, octetString(recipientNonce)] as const] : []),
    ...status,
  ])
  const certificate = ownIdentity(context.ra.certificateDer)
  const signature = await context.sign(signedAttributes)
  return encodeSignedData({ content, digest, certificate, signedAttributes, signature })
}

/** pkiMessage, inbound (RFC 8894 §3.2): the CMS signature is verified before anything in it is believed. */
import { timingSafeEqual } from 'node:crypto'
import { toDer } from '@/lib/pki/ber'
import { DerError, primitiveContext, TAG, type Tlv } from '@/lib/pki/der'
import { oid } from '@/lib/pki/der-write'
import { canonicalSpki, type PublicKeyInfo, parsePublicKey } from '@/lib/pki/key'
import { OID } from '@/lib/pki/oid'
import { hashOf, signatureScheme } from '@/lib/pki/signature'
import type { Digest } from './algorithms'
import { parseSignedAttributes, type SignedAttributes, signingTimeOf, smallCodeOf } from './attributes'
import { type MessageFacts, ScepFault } from './fault'
import {
  type CertificateIdentity,
  digestOf,
  hasKeyId,
  identityOf,
  isNamedBy,
  parseIssuerAndSerial,
  parseSignedData,
  type SignedData,
  type SignerInfo,
  verifySigner,
} from './signed-data'

export type { Cipher, Digest, OaepHash, ReplyDigest } from './algorithms'
export { replyDigest } from './algorithms'
export type { Envelope, EnvelopeRecipient } from './envelope'
export { chooseRecipient, openEnvelope, parseEnvelope } from './envelope'
export type { MessageFacts, ScepFaultKind } from './fault'
export { ScepFault } from './fault'
export type { CertificateName } from './queries'
export { parseCertificateName } from './queries'
export type { FailureContext, ReplyContext } from './reply'
export { sealCrl, sealFailure, sealNextCertificates, sealPending, sealSuccess } from './reply'
export { degenerateCertificates, encodeSignedData, ownIdentity } from './signed-data'

/** The certificate that signed, as it was sent: self-made ones break rules, so nothing is read but this. */
export interface MessageSigner {
  der: Uint8Array
  issuerDer: Uint8Array
  subjectDer: Uint8Array
  /** Raw INTEGER content, copied byte for byte into the reply's recipient. */
  serial: Uint8Array
  spki: Uint8Array
  publicKey: PublicKeyInfo
  /** Issuer name equals subject name. Proves nothing, and neither does its absence. */
  selfSigned: boolean
}

export interface PkiMessage {
  /** Null when there is none or it is no number: no operation has it. */
  messageType: number | null
  transactionId: Uint8Array
  /** Identifier octet of its string type, to be mirrored. */
  transactionIdTag: number
  senderNonce: Uint8Array | null
  digest: Digest
  signingTime: Date | null
  signer: MessageSigner
  /** pkcsPKIEnvelope, for parseEnvelope; null when the message carries none. */
  envelope: Uint8Array | null
}

/** The first RSA size that is not weak; 1024 only where a legacy setting says so. */
const MIN_SIGNER_RSA_BITS = 2048

/**
 * Everything up to the envelope, in the order that leaks least. Throws ScepFault. A signer with an RSA key below
 * `minSignerRsaBits` (2048), or one that is not RSA, is badAlg: the reply could not be encrypted to it.
 */
export function parsePkiMessage(bytes: Uint8Array, rules: { minSignerRsaBits?: number } = {}): PkiMessage {
  const { signedData, signer, attributes } = malformedIfDerError(() => parseShell(bytes))
  const facts = factsOf(signer, attributes)
  const fault = (kind: 'badAlg' | 'badMessageCheck', text: string): ScepFault => new ScepFault(kind, text, facts)
  const hash = hashOf(signer.digestAlgorithm)
  if (!hash || !allowsSignature(signer, hash)) throw fault('badAlg', 'digest or signature algorithm')
  const identity = findSigner(signedData, signer)
  if (!identity) throw fault('badMessageCheck', 'the signer certificate is missing')
  const publicKey = signerKey(identity, facts)
  if (publicKey.algorithm !== 'RSA') throw fault('badAlg', 'the signer key is not RSA')
  if (!attributes.unambiguous) throw fault('badMessageCheck', 'an attribute repeated or without one value')
  if (!bindsContent(attributes, signedData, hash)) throw fault('badMessageCheck', 'content type or message digest')
  if (!verifySigner(signer, hash, publicKey)) throw fault('badMessageCheck', 'signature')
  if (publicKey.bits < (rules.minSignerRsaBits ?? MIN_SIGNER_RSA_BITS))
    throw fault('badAlg', 'the signer key is too small')
  const { der, issuerDer, subjectDer, serial } = identity
  const spki = canonicalSpki(identity.spki)
  return {
    ...facts,
    digest: hash,
    signingTime: signingTimeOf(attributes.first.get(OID.signingTime)),
    signer: {
      der,
      issuerDer,
      subjectDer,
      serial,
      spki,
      publicKey,
      selfSigned: Buffer.compare(issuerDer, subjectDer) === 0,
    },
    envelope: signedData.content && signedData.content.length > 0 ? signedData.content : null,
  }
}

interface Shell {
  signedData: SignedData
  signer: SignerInfo
  attributes: SignedAttributes
}

function parseShell(bytes: Uint8Array): Shell {
  const signedData = parseSignedData(toDer(withoutLineEnd(bytes)))
  const [signer, second] = signedData.signers
  if (!signer || second) throw new DerError('not exactly one signer')
  if (!signer.signedAttributes) throw new DerError('no signed attributes')
  return { signedData, signer, attributes: parseSignedAttributes(signer.signedAttributes) }
}

/**
 * Without the CR and LF some clients append after the ContentInfo, and nothing else. The last octet of a message may be
 * 0x0A by itself, so the end is taken from the length; an indefinite length ends in zeros, which are no line end.
 */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--
  const first = bytes[1] ?? 0
  if (first === 0x80) return bytes.subarray(0, end)
  let length = first
  const count = first > 0x80 ? Math.min(first & 0x7f, 6) : 0
  if (count > 0) length = Buffer.from(bytes).length >= 2 + count ? Buffer.from(bytes).readUIntBE(2, count) : 0
  const stated = 2 + count + length
  return stated >= end && stated < bytes.length ? bytes.subarray(0, stated) : bytes
}

/** What correlates a reply. Without a transactionID there is no reply. */
function factsOf(signer: SignerInfo, { first }: SignedAttributes): MessageFacts {
  const transactionId = first.get(OID.transactionId)
  const senderNonce = first.get(OID.senderNonce)
  const length = transactionId?.content.length ?? 0
  if (!transactionId || !ID_TAGS.includes(transactionId.tag) || length < 1 || length > 255) {
    throw new ScepFault('malformed', 'no transactionID of 1 to 255 octets')
  }
  const nonce = senderNonce?.tag === TAG.octetString ? senderNonce.content : null
  if (nonce && nonce.length > 64) throw new ScepFault('malformed', 'a nonce of more than 64 octets')
  return {
    transactionId: transactionId.content,
    transactionIdTag: transactionId.tag,
    senderNonce: nonce && nonce.length > 0 ? nonce : null,
    digest: hashOf(signer.digestAlgorithm) ?? 'sha256',
    messageType: smallCodeOf(first.get(OID.messageType)),
  }
}

const ID_TAGS: readonly number[] = [
  TAG.printableString,
  TAG.utf8String,
  TAG.ia5String,
  TAG.teletexString,
  TAG.visibleString,
  TAG.numericString,
  TAG.bmpString,
  TAG.octetString,
]

/** rsaEncryption, or an RSA signature over the digest named beside it: two different ones would be one too many. */
function allowsSignature({ signatureAlgorithm }: SignerInfo, hash: Digest): boolean {
  if (signatureAlgorithm.oid === OID.rsaEncryption) return true
  const scheme = schemeOrNull(signatureAlgorithm)
  return (scheme?.kind === 'rsa' || scheme?.kind === 'pss') && scheme.hash === hash
}

function schemeOrNull(algorithm: SignerInfo['signatureAlgorithm']): ReturnType<typeof signatureScheme> {
  try {
    return signatureScheme(algorithm)
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}

/** Only the certificate that the signer identifier names: an attacker can append others. */
function findSigner({ certificates }: SignedData, { sid }: SignerInfo): CertificateIdentity | null {
  for (const certificate of certificates) {
    try {
      const identity = identityOf(certificate)
      if (isSigner(identity, sid)) return identity
    } catch (error) {
      if (!(error instanceof DerError)) throw error
    }
  }
  return null
}

function isSigner(identity: CertificateIdentity, sid: Tlv): boolean {
  if (sid.tag === primitiveContext(0)) return hasKeyId(identity, sid.content)
  if (sid.tag !== TAG.sequence) return false
  const { issuerDer, serial } = parseIssuerAndSerial(sid)
  return isNamedBy(identity, issuerDer, serial)
}

function signerKey({ spki }: CertificateIdentity, facts: MessageFacts): PublicKeyInfo {
  try {
    return parsePublicKey(spki)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new ScepFault(error.kind === 'malformed' ? 'badMessageCheck' : 'badAlg', 'the signer key', facts)
  }
}

const DATA = oid(OID.data)

/** contentType may be missing, but not differ; messageDigest must be the digest of the octets (RFC 5652 §5.4, §11). */
function bindsContent({ first }: SignedAttributes, signedData: SignedData, hash: Digest): boolean {
  const type = first.get(OID.contentType)
  if (signedData.contentType !== OID.data) return false
  if (type && Buffer.compare(type.bytes, DATA) !== 0) return false
  const stated = first.get(OID.messageDigest)
  const actual = digestOf(hash, signedData.content)
  return (
    stated?.tag === TAG.octetString &&
    stated.content.length === actual.length &&
    timingSafeEqual(stated.content, actual)
  )
}

function malformedIfDerError<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof DerError) throw new ScepFault('malformed', error.message)
    throw error
  }
}

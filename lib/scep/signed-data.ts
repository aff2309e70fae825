/** SignedData (RFC 5652 §5): the shell of every SCEP message, taken apart and put together. */
import { constructedContext, DerError, parseDer, primitiveContext, TAG, type Tlv } from '@/lib/pki/der'
import { oidOf, smallNumberOf } from '@/lib/pki/der-values'
import { context, encode, integer, nullValue, octetString, oid, retagged, sequence, setOf } from '@/lib/pki/der-write'
import { digest } from '@/lib/pki/digest'
import { parseExtensions } from '@/lib/pki/extension'
import { findExtension, parseSubjectKeyIdentifier } from '@/lib/pki/extension-values'
import { keyIdentifier, type PublicKeyInfo } from '@/lib/pki/key'
import { namesEqual, parseName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import {
  type AlgorithmIdentifier,
  type Hash,
  parseAlgorithm,
  signatureScheme,
  verifySignature,
} from '@/lib/pki/signature'
import { DIGEST_OID } from './algorithms'

export interface SignedData {
  /** The octets of eContent; null when it is absent. */
  content: Uint8Array | null
  contentType: string
  /** X.509 certificates in order; other kinds in the CHOICE are passed over. */
  certificates: Tlv[]
  /** Certificate revocation lists, in order. */
  crls: Tlv[]
  signers: SignerInfo[]
}

export interface SignerInfo {
  sid: Tlv
  digestAlgorithm: AlgorithmIdentifier
  /** [0] IMPLICIT SET OF Attribute, or null. */
  signedAttributes: Tlv | null
  signatureAlgorithm: AlgorithmIdentifier
  signature: Uint8Array
}

/** A chain is three or four. */
const MAX_CERTIFICATES = 16
const MAX_CRLS = 16

/** Takes strict DER of a ContentInfo. Throws DerError. */
export function parseSignedData(der: Uint8Array): SignedData {
  const reader = contentOf(der, OID.signedData).open()
  smallNumberOf(reader.next(TAG.integer).content)
  reader.next(TAG.set)
  const { contentType, content } = parseEncapsulated(reader.next(TAG.sequence))
  const certificates = reader.optional(constructedContext(0))?.children(MAX_CERTIFICATES) ?? []
  const crls = reader.optional(constructedContext(1))?.children(MAX_CRLS) ?? []
  const signers = reader.next(TAG.set).children(8).map(parseSignerInfo)
  reader.finish()
  const sequences = (values: Tlv[]) => values.filter(({ tag }) => tag === TAG.sequence)
  return { content, contentType, certificates: sequences(certificates), crls: sequences(crls), signers }
}

/** The content of a ContentInfo of the type wanted. */
export function contentOf(der: Uint8Array, type: string): Tlv {
  const root = parseDer(der)
  if (root.tag !== TAG.sequence) throw new DerError('a ContentInfo is a SEQUENCE')
  const reader = root.open()
  if (oidOf(reader.next(TAG.oid).content) !== type) throw new DerError('another content type')
  const field = reader.next(constructedContext(0)).open()
  reader.finish()
  const content = field.next(TAG.sequence)
  field.finish()
  return content
}

function parseEncapsulated(encapsulated: Tlv): { contentType: string; content: Uint8Array | null } {
  const reader = encapsulated.open()
  const contentType = oidOf(reader.next(TAG.oid).content)
  const field = reader.optional(constructedContext(0))?.open()
  reader.finish()
  const content = field ? field.next(TAG.octetString).content : null
  field?.finish()
  return { contentType, content }
}

function parseSignerInfo(info: Tlv): SignerInfo {
  if (info.tag !== TAG.sequence) throw new DerError('a SignerInfo is a SEQUENCE')
  const reader = info.open()
  smallNumberOf(reader.next(TAG.integer).content)
  const sid = reader.next()
  const digestAlgorithm = parseAlgorithm(reader.next(TAG.sequence))
  const signedAttributes = reader.optional(constructedContext(0))
  const signatureAlgorithm = parseAlgorithm(reader.next(TAG.sequence))
  const signature = reader.next(TAG.octetString).content
  reader.optional(constructedContext(1))
  reader.finish()
  return { sid, digestAlgorithm, signedAttributes, signatureAlgorithm, signature }
}

/** What messages say of a certificate, read without judging the rest: clients' own certificates break many rules. */
export interface CertificateIdentity {
  der: Uint8Array
  issuerDer: Uint8Array
  subjectDer: Uint8Array
  /** Raw INTEGER content: sscep's has 32 octets, Apple's is 1. */
  serial: Uint8Array
  spki: Uint8Array
  subjectKeyId: Uint8Array | null
}

/** Takes a certificate that parseDer has walked over. Throws DerError. */
export function identityOf(certificate: Tlv): CertificateIdentity {
  const reader = certificate.open().next(TAG.sequence).open()
  reader.optional(constructedContext(0))
  const serial = reader.next(TAG.integer).content
  reader.next(TAG.sequence)
  const issuerDer = reader.next(TAG.sequence).bytes
  reader.next(TAG.sequence)
  const subjectDer = reader.next(TAG.sequence).bytes
  const spki = reader.next(TAG.sequence).bytes
  reader.optional(primitiveContext(1))
  reader.optional(primitiveContext(2))
  const list = reader.optional(constructedContext(3))
  const keyId = list && findExtension(parseExtensions(list.open().next(TAG.sequence)), OID.subjectKeyIdentifier)
  const subjectKeyId = keyId ? parseSubjectKeyIdentifier(keyId.value) : null
  return { der: certificate.bytes, issuerDer, subjectDer, serial, spki, subjectKeyId }
}

/** The same of one of our own certificates, which every message meets: read once for as long as its bytes are kept. */
export function ownIdentity(der: Uint8Array): CertificateIdentity {
  const known = own.get(der)
  if (known !== undefined) return known
  const identity = identityOf(parseDer(der))
  own.set(der, identity)
  return identity
}

const own = new WeakMap<Uint8Array, CertificateIdentity>()

/**
 * Whether an issuer and serial number name this certificate. Names are compared as names: embedded stacks re-encode
 * them.
 */
export function isNamedBy(certificate: CertificateIdentity, issuerDer: Uint8Array, serial: Uint8Array): boolean {
  if (Buffer.compare(certificate.serial, serial) !== 0) return false
  return Buffer.compare(certificate.issuerDer, issuerDer) === 0 || sameName(certificate.issuerDer, issuerDer)
}

/** What cannot be read as a name is nobody's: a stranger chose these octets, and most callers have nothing to catch. */
function sameName(a: Uint8Array, b: Uint8Array): boolean {
  try {
    return namesEqual(parseName(a), parseName(b))
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

export function hasKeyId(certificate: CertificateIdentity, keyId: Uint8Array): boolean {
  const { subjectKeyId, spki } = certificate
  return [subjectKeyId ?? keyIdentifier(spki)].some((own) => Buffer.compare(own, keyId) === 0)
}

/** IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }. */
export function parseIssuerAndSerial(value: Tlv): { issuerDer: Uint8Array; serial: Uint8Array } {
  const reader = value.open()
  const issuerDer = reader.next(TAG.sequence).bytes
  const serial = reader.next(TAG.integer).content
  reader.finish()
  return { issuerDer, serial }
}

/** Issuer and serial as received, byte for byte. */
export function encodeIssuerAndSerial({
  issuerDer,
  serial,
}: {
  issuerDer: Uint8Array
  serial: Uint8Array
}): Uint8Array {
  return sequence(issuerDer, encode(TAG.integer, serial))
}

/**
 * Verifies the signature over the signed attributes, in the order received and then sorted: old clients send what they
 * did not sign or sign what they did not sort (smallstep/certificates#2776). The messageDigest is the caller's to
 * compare.
 */
export function verifySigner(signer: SignerInfo, hash: Hash, publicKey: PublicKeyInfo): boolean {
  const { signedAttributes, signatureAlgorithm, signature } = signer
  if (!signedAttributes) return false
  const scheme =
    signatureAlgorithm.oid === OID.rsaEncryption
      ? ({ kind: 'rsa', hash } as const)
      : signatureScheme(signatureAlgorithm)
  const asReceived = encode(TAG.set, signedAttributes.content)
  if (verifySignature(scheme, publicKey, asReceived, signature)) return true
  const sorted = setOf(signedAttributes.children().map(({ bytes }) => bytes))
  return Buffer.compare(sorted, asReceived) !== 0 && verifySignature(scheme, publicKey, sorted, signature)
}

export interface SignedDataParts {
  /** eContent; null leaves it out. */
  content: Uint8Array | null
  digest: Hash
  certificate: { der: Uint8Array; issuerDer: Uint8Array; serial: Uint8Array }
  /** DER SET OF, as signed. */
  signedAttributes: Uint8Array
  signature: Uint8Array
}

/** ContentInfo of a SignedData with one signer and its certificate. */
export function encodeSignedData(parts: SignedDataParts): Uint8Array {
  const { content, digest, certificate, signedAttributes, signature } = parts
  const digestAlgorithm = sequence(oid(DIGEST_OID[digest]))
  const signerInfo = sequence(
    integer(1),
    encodeIssuerAndSerial(certificate),
    digestAlgorithm,
    retagged(constructedContext(0), signedAttributes),
    // The plain OID, as NDES and OpenXPKI write it: some clients refuse sha256WithRSAEncryption here.
    sequence(oid(OID.rsaEncryption), nullValue()),
    octetString(signature),
  )
  return contentInfo(
    OID.signedData,
    sequence(
      integer(1),
      setOf([digestAlgorithm]),
      sequence(oid(OID.data), ...(content ? [context(0, octetString(content))] : [])),
      context(0, certificate.der),
      setOf([signerInfo]),
    ),
  )
}

/** Certificates only: no content, no signer (RFC 8894 §3.4). The order is kept: Apple takes the first as its own. */
export function degenerateCertificates(certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = sequence(integer(1), setOf([]), sequence(oid(OID.data)), context(0, ...certificates), setOf([]))
  return contentInfo(OID.signedData, signedData)
}

/** One list and nothing else: the certificates stay absent (RFC 8894 §4.6.1). */
export function degenerateCrl(crl: Uint8Array): Uint8Array {
  const signedData = sequence(integer(1), setOf([]), sequence(oid(OID.data)), context(1, crl), setOf([]))
  return contentInfo(OID.signedData, signedData)
}

export function contentInfo(type: string, content: Uint8Array): Uint8Array {
  return sequence(oid(type), context(0, content))
}

export function digestOf(hash: Hash, content: Uint8Array | null): Uint8Array {
  return digest(hash, content ?? new Uint8Array())
}

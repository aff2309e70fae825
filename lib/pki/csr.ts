/** Certification requests (PKCS#10, RFC 2986): what a device asks for, and the proof that it holds the key. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { toDer } from './ber'
import { constructedContext, DerError, parseDer, TAG, type Tlv, UNTRUSTED } from './der'
import { octetsOfBits, oidOf, smallNumberOf, textOf } from './der-values'
import { bitString, context, directoryString, integer, oid, sequence, setOf } from './der-write'
import { type Extension, encodeExtensions, parseExtensions } from './extension'
import { canonicalSpki, type PublicKeyInfo, parsePublicKey } from './key'
import { encodeName, type NameAttribute, type NamePart, parseName } from './name'
import { OID } from './oid'
import { encodeSan, parseSan, type San } from './san'
import { signatureIdentifier, signWith } from './sign'
import { type AlgorithmIdentifier, parseAlgorithm, signatureName, signatureScheme, verifySignature } from './signature'

export type { San } from './san'

export interface Csr {
  der: Uint8Array
  /** CertificationRequestInfo: the bytes that are signed. */
  info: Uint8Array
  subjectDer: Uint8Array
  subject: NameAttribute[]
  spki: Uint8Array
  publicKey: PublicKeyInfo
  /** Every value of every challengePassword attribute, empty ones left out (empty equals absent). */
  challengePasswords: string[]
  san: San[]
  /** All three attributes that carry extensions, merged; equal repetitions collapsed. */
  requestedExtensions: Extension[]
  /** Microsoft's szOID_ENROLLMENT_NAME_VALUE_PAIR, such as ValidityPeriod: wishes, which grant nothing. */
  nameValuePairs: { name: string; value: string }[]
  /** Name of the algorithm, such as "sha256WithRSAEncryption". */
  signatureAlgorithm: string
  signature: Uint8Array
}

/** Ample for a device; Intune's challenge alone may take 16 KiB. */
const LIMITS = { ...UNTRUSTED, maxBytes: 65_536 }
const MAX_CHALLENGE_OCTETS = 16_384

/**
 * Throws DerError: `unsupported` for key types and alternative names we do not issue, `malformed` for nearly all else.
 */
export function parseCsr(bytes: Uint8Array): Csr {
  const der = toDer(bytes, LIMITS)
  const { info, algorithm, signature } = parseOuter(der)
  const reader = info.open()
  if (smallNumberOf(reader.next(TAG.integer).content) !== 0) throw new DerError('not a version 1 request')
  const subjectDer = reader.next(TAG.sequence).bytes
  const spki = canonicalSpki(reader.next(TAG.sequence).bytes)
  const attributes = (reader.optional(constructedContext(0))?.children(50) ?? []).map(parseAttribute)
  reader.finish()
  const requestedExtensions = mergeExtensions(attributes)
  const san = requestedExtensions.find((extension) => extension.oid === OID.subjectAltName)
  return Object.freeze({
    der,
    info: info.bytes,
    subjectDer,
    subject: parseName(subjectDer),
    spki,
    publicKey: parsePublicKey(spki),
    challengePasswords: challengePasswords(attributes),
    san: san ? parseSan(san.value, 'refuse') : [],
    requestedExtensions,
    nameValuePairs: nameValuePairs(attributes),
    signatureAlgorithm: signatureName(algorithm),
    signature,
  })
}

/**
 * Whether the request is signed by the key in it: the only proof of possession SCEP has. MD5 never passes. What was found
 * of a request is remembered with its object, which nobody can change: whoever needs the proof asks for it, and it is
 * computed once.
 */
export function verifyCsr(csr: Csr): boolean {
  const known = signedByItsKey.get(csr)
  if (known !== undefined) return known
  const { algorithm } = parseOuter(csr.der)
  const proven = verifySignature(signatureScheme(algorithm), csr.publicKey, csr.info, csr.signature)
  if (Object.isFrozen(csr)) signedByItsKey.set(csr, proven)
  return proven
}

const signedByItsKey = new WeakMap<Csr, boolean>()

export function buildCsr(options: {
  subject: readonly NamePart[]
  san?: readonly San[]
  challengePassword?: string
  privateKey: KeyObject
  digest?: 'sha256' | 'sha512'
}): Uint8Array {
  const { subject, san = [], challengePassword, privateKey, digest = 'sha256' } = options
  const attributes: Uint8Array[] = []
  if (challengePassword !== undefined) {
    attributes.push(sequence(oid(OID.challengePassword), setOf([directoryString(challengePassword)])))
  }
  if (san.length > 0) {
    const extension = { oid: OID.subjectAltName, critical: subject.length === 0, value: encodeSan(san) }
    attributes.push(sequence(oid(OID.extensionRequest), setOf([encodeExtensions([extension])])))
  }
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  // attributes is [0] IMPLICIT SET OF: sorted like one.
  const set = context(0, ...attributes.toSorted((a, b) => Buffer.compare(a, b)))
  const info = sequence(integer(0), encodeName(subject), spki, set)
  return sequence(info, signatureIdentifier(privateKey, digest), bitString(signWith(privateKey, digest, info)))
}

function parseOuter(der: Uint8Array): { info: Tlv; algorithm: AlgorithmIdentifier; signature: Uint8Array } {
  const root = parseDer(der, LIMITS)
  if (root.tag !== TAG.sequence) throw new DerError('a request is a SEQUENCE')
  const reader = root.open()
  const info = reader.next(TAG.sequence)
  const algorithm = parseAlgorithm(reader.next(TAG.sequence))
  const signature = octetsOfBits(reader.next(TAG.bitString).content)
  reader.finish()
  return { info, algorithm, signature }
}

interface Attribute {
  type: string
  values: Tlv[]
}

function parseAttribute(attribute: Tlv): Attribute {
  if (attribute.tag !== TAG.sequence) throw new DerError('an attribute is a SEQUENCE')
  const reader = attribute.open()
  const type = oidOf(reader.next(TAG.oid).content)
  const values = reader.next(TAG.set).children(50)
  reader.finish()
  return { type, values }
}

function challengePasswords(attributes: readonly Attribute[]): string[] {
  return attributes
    .filter((attribute) => attribute.type === OID.challengePassword)
    .flatMap((attribute) => attribute.values)
    .map((value) => {
      if (value.content.length > MAX_CHALLENGE_OCTETS) throw new DerError('a challenge beyond 16 KiB', 'limit')
      return textOf(value)
    })
    .filter((text) => text !== '')
}

/** What is no pair is passed over: a wish that cannot be read is none. */
function nameValuePairs(attributes: readonly Attribute[]): Csr['nameValuePairs'] {
  return attributes
    .filter(({ type }) => type === OID.enrollmentNameValuePair)
    .flatMap(({ values }) => values)
    .flatMap((value) => {
      try {
        const [name, text, ...more] = value.children(3)
        if (value.tag !== TAG.sequence || name === undefined || text === undefined || more.length > 0) return []
        return { name: textOf(name), value: textOf(text) }
      } catch (error) {
        if (error instanceof DerError) return []
        throw error
      }
    })
}

/** PKCS#9, Microsoft's CERT_EXTENSIONS and the one of SCEP drafts say the same thing. */
const EXTENSION_ATTRIBUTES: readonly string[] = [
  OID.extensionRequest,
  OID.microsoftCertExtensions,
  OID.draftExtensionReq,
]

function mergeExtensions(attributes: readonly Attribute[]): Extension[] {
  const merged = new Map<string, Extension>()
  const lists = attributes.filter(({ type }) => EXTENSION_ATTRIBUTES.includes(type)).flatMap(({ values }) => values)
  for (const extension of lists.flatMap(parseExtensions)) {
    const before = merged.get(extension.oid)
    // FortiGate sends an extension twice; two that differ would mean what their reader likes.
    if (before && (before.critical !== extension.critical || Buffer.compare(before.value, extension.value) !== 0)) {
      throw new DerError('one extension requested twice, differently')
    }
    merged.set(extension.oid, extension)
  }
  if (merged.size > 30) throw new DerError('more than 30 extensions', 'limit')
  return [...merged.values()]
}

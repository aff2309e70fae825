/** Certificates (RFC 5280 §4): building what is to be signed, assembling, parsing, verifying. */
import { constructedContext, DerError, parseDer, TAG, type Tlv, UNTRUSTED } from './der'
import { octetsOfBits, smallNumberOf } from './der-values'
import { bitString, context, integer, nullValue, oid, sequence } from './der-write'
import { type Extension, encodeExtensions, parseExtensions } from './extension'
import { extensionFacts } from './extension-values'
import { type KeyAlgorithm, parsePublicKey } from './key'
import { type NameAttribute, parseName } from './name'
import { OID } from './oid'
import type { San } from './san'
import { encodeSerial, type Serial, serialOf } from './serial'
import { parseAlgorithm, signatureName, signatureScheme, verifySignature } from './signature'
import { encodeTime, timeOf } from './time'

export type { Extension } from './extension'
export { fromPem, toPem } from './pem'

export type SignatureAlgorithm =
  | 'sha256WithRSA'
  | 'sha384WithRSA'
  | 'sha512WithRSA'
  | 'ecdsaWithSHA256'
  | 'ecdsaWithSHA384'

export interface TbsOptions {
  serial: Serial
  issuerDer: Uint8Array
  subjectDer: Uint8Array
  spki: Uint8Array
  notBefore: Date
  notAfter: Date
  signature: SignatureAlgorithm
  extensions: readonly Extension[]
}

export interface CertificateInfo {
  der: Uint8Array
  /** TBSCertificate: the bytes that are signed. */
  tbs: Uint8Array
  serial: Serial
  /** Name of the algorithm, such as "sha256WithRSAEncryption". */
  signatureAlgorithm: string
  signature: Uint8Array
  issuerDer: Uint8Array
  subjectDer: Uint8Array
  subject: NameAttribute[]
  spki: Uint8Array
  notBefore: Date
  notAfter: Date
  extensions: Extension[]
  isCa: boolean
  pathLength: number | null
  /** Alternative names of the kinds we issue; others are passed over. */
  san: San[]
  /** Dotted object identifiers. */
  extendedKeyUsage: string[]
  /** Names of RFC 5280 §4.2.1.3, such as "digitalSignature". */
  keyUsage: string[]
}

const SIGNATURE_OID: Readonly<Record<SignatureAlgorithm, string>> = {
  sha256WithRSA: OID.sha256WithRSA,
  sha384WithRSA: OID.sha384WithRSA,
  sha512WithRSA: OID.sha512WithRSA,
  ecdsaWithSHA256: OID.ecdsaWithSHA256,
  ecdsaWithSHA384: OID.ecdsaWithSHA384,
}

/** By the authority's key alone; nobody else has a say. */
export function signatureAlgorithmFor(keyAlgorithm: KeyAlgorithm): SignatureAlgorithm {
  switch (keyAlgorithm) {
    case 'rsa2048':
    case 'rsa3072':
    case 'rsa4096':
      return 'sha256WithRSA'
    case 'p256':
      return 'ecdsaWithSHA256'
    case 'p384':
      return 'ecdsaWithSHA384'
  }
}

/** AlgorithmIdentifier: RSA with NULL parameters (RFC 4055 §5), ECDSA with none (RFC 5758 §3.2). */
export function encodeSignatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  const identifier = oid(SIGNATURE_OID[algorithm])
  return algorithm.endsWith('WithRSA') ? sequence(identifier, nullValue()) : sequence(identifier)
}

export function buildTbsCertificate(options: TbsOptions): Uint8Array {
  return sequence(
    context(0, integer(2)),
    encodeSerial(options.serial),
    encodeSignatureAlgorithm(options.signature),
    options.issuerDer,
    sequence(encodeTime(options.notBefore), encodeTime(options.notAfter)),
    options.subjectDer,
    options.spki,
    context(3, encodeExtensions(options.extensions)),
  )
}

/** The certificate: the algorithm outside is the one inside what was signed, so the two cannot differ. */
export function assembleCertificate(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const reader = parseDer(tbs, LIMITS).open()
  reader.next(constructedContext(0))
  reader.next(TAG.integer)
  return sequence(tbs, reader.next(TAG.sequence).bytes, bitString(signature))
}

const LIMITS = { ...UNTRUSTED, maxBytes: 65_536 }

export function parseCertificate(der: Uint8Array): CertificateInfo {
  const { tbs, algorithm, signature } = parseOuter(der)
  const info = parseTbsCertificate(tbs.bytes)
  checkAlgorithm(tbs, algorithm)
  return { ...info, der, signature }
}

/** RFC 5280 §4.1.1.2: the algorithm beside the signature is the one that was signed. */
function checkAlgorithm(tbs: Tlv, algorithm: Tlv): void {
  const inside = tbs.open()
  inside.optional(constructedContext(0))
  inside.next(TAG.integer)
  if (Buffer.compare(inside.next(TAG.sequence).bytes, algorithm.bytes) !== 0) {
    throw new DerError('two different signature algorithms')
  }
}

export function parseTbsCertificate(tbs: Uint8Array): Omit<CertificateInfo, 'der' | 'signature'> {
  const root = parseDer(tbs, LIMITS)
  if (root.tag !== TAG.sequence) throw new DerError('a TBSCertificate is a SEQUENCE')
  const reader = root.open()
  const version = versionOf(reader.optional(constructedContext(0)))
  const serial = serialOf(reader.next(TAG.integer).content)
  const signatureAlgorithm = signatureName(parseAlgorithm(reader.next(TAG.sequence)))
  const issuerDer = reader.next(TAG.sequence).bytes
  const [notBefore, notAfter] = parseValidity(reader.next(TAG.sequence))
  const subjectDer = reader.next(TAG.sequence).bytes
  const spki = reader.next(TAG.sequence).bytes
  reader.optional(0x81)
  reader.optional(0x82)
  const list = reader.optional(constructedContext(3))
  reader.finish()
  if (list && version !== 3) throw new DerError('extensions before version 3')
  const extensions = list ? parseExtensionList(list) : []
  return {
    tbs,
    serial,
    signatureAlgorithm,
    issuerDer,
    subjectDer,
    subject: parseName(subjectDer),
    spki,
    notBefore,
    notAfter,
    extensions,
    ...extensionFacts(extensions),
  }
}

/** TBSCertificate: the bytes that are signed, of a certificate that is not looked into further. */
export function tbsOf(der: Uint8Array): Uint8Array {
  const { tbs, algorithm } = parseOuter(der)
  checkAlgorithm(tbs, algorithm)
  return tbs.bytes
}

/** Its SubjectPublicKeyInfo alone. */
export function spkiOf(der: Uint8Array): Uint8Array {
  const reader = parseOuter(der).tbs.open()
  reader.optional(constructedContext(0))
  reader.next(TAG.integer)
  for (let passed = 0; passed < 4; passed++) reader.next(TAG.sequence)
  return reader.next(TAG.sequence).bytes
}

/** Whether the issuer's key signed it. Names, dates and extensions are not looked at. */
export function verifyCertificateSignature(der: Uint8Array, issuerSpki: Uint8Array): boolean {
  const { tbs, algorithm, signature } = parseOuter(der)
  return verifySignature(signatureScheme(parseAlgorithm(algorithm)), parsePublicKey(issuerSpki), tbs.bytes, signature)
}

function parseOuter(der: Uint8Array): { tbs: Tlv; algorithm: Tlv; signature: Uint8Array } {
  const root = parseDer(der, LIMITS)
  if (root.tag !== TAG.sequence) throw new DerError('a certificate is a SEQUENCE')
  const reader = root.open()
  const tbs = reader.next(TAG.sequence)
  const algorithm = reader.next(TAG.sequence)
  const signature = octetsOfBits(reader.next(TAG.bitString).content)
  reader.finish()
  return { tbs, algorithm, signature }
}

function versionOf(field: Tlv | null): number {
  if (!field) return 1
  const reader = field.open()
  const version = smallNumberOf(reader.next(TAG.integer).content) + 1
  reader.finish()
  if (version !== 2 && version !== 3) throw new DerError('not a version of X.509')
  return version
}

function parseValidity(validity: Tlv): [notBefore: Date, notAfter: Date] {
  const reader = validity.open()
  const times: [Date, Date] = [timeOf(reader.next()), timeOf(reader.next())]
  reader.finish()
  return times
}

function parseExtensionList(field: Tlv): Extension[] {
  const reader = field.open()
  const extensions = parseExtensions(reader.next(TAG.sequence))
  reader.finish()
  return extensions
}

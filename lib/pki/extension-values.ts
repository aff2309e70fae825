/** The values of the extensions we write and read (RFC 5280 §4.2): each to DER and back. */
import { constructedContext, DerError, parseDer, primitiveContext, TAG, type Tlv } from './der'
import { booleanOf, namedBitsOf, oidOf, smallNumberOf } from './der-values'
import { boolean, context, encode, integer, isAscii, namedBits, octetString, oid, sequence } from './der-write'
import type { Extension } from './extension'
import { OID } from './oid'
import { parseSan, type San } from './san'

/** KeyUsage, by bit number (RFC 5280 §4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof KEY_USAGES)[number]

export function encodeBasicConstraints(isCa: boolean, pathLength?: number): Uint8Array {
  if (!isCa) return sequence()
  return sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)]))
}

export function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  return namedBits(usages.map((usage) => KEY_USAGES.indexOf(usage)))
}

export function encodeExtendedKeyUsage(oids: readonly string[]): Uint8Array {
  return sequence(...oids.map(oid))
}

export const encodeSubjectKeyIdentifier = (keyId: Uint8Array): Uint8Array => octetString(keyId)

export const encodeAuthorityKeyIdentifier = (keyId: Uint8Array): Uint8Array =>
  sequence(encode(primitiveContext(0), keyId))

/** One full CRL at one URL: DistributionPoint { [0] fullName { [6] URI } }. */
export function encodeCrlDistributionPoint(url: string): Uint8Array {
  return sequence(sequence(context(0, context(0, uri(url)))))
}

/** Where OCSP answers, and where the issuer's certificate is fetched. */
export function encodeAuthorityInfoAccess({ ocspUrl, caUrl }: { ocspUrl: string; caUrl: string }): Uint8Array {
  return sequence(sequence(oid(OID.ocsp), uri(ocspUrl)), sequence(oid(OID.caIssuers), uri(caUrl)))
}

/** The URL, where there is exactly one in the form above; whatever else a distribution point could say is refused. */
export function parseCrlDistributionPoint(value: Uint8Array): string {
  const [point, ...others] = sequenceOf(value).children(2)
  if (point?.tag !== TAG.sequence || others.length > 0) throw new DerError('not one distribution point')
  return onlyUri(point)
}

/** IssuingDistributionPoint { [0] fullName { [6] URI } }: a list of the certificates that name this URL (RFC 5280 §5.2.5). */
export function encodeIssuingDistributionPoint(url: string): Uint8Array {
  return sequence(context(0, context(0, uri(url))))
}

/** DistributionPoint and IssuingDistributionPoint alike begin with a DistributionPointName. */
function onlyUri(point: Tlv): string {
  const fields = point.open()
  const name = fields.next(constructedContext(0)).open()
  fields.finish()
  const names = name.next(constructedContext(0)).open()
  name.finish()
  const { content } = names.next(primitiveContext(6))
  names.finish()
  return Buffer.from(content).toString('latin1')
}

function uri(url: string): Uint8Array {
  if (!isAscii(url)) throw new DerError('a URL in a certificate is ASCII')
  return encode(primitiveContext(6), Buffer.from(url, 'latin1'))
}

export function parseBasicConstraints(value: Uint8Array): { isCa: boolean; pathLength: number | null } {
  const reader = sequenceOf(value).open()
  const flag = reader.optional(TAG.boolean)
  const length = reader.optional(TAG.integer)
  reader.finish()
  return { isCa: flag !== null && booleanOf(flag.content), pathLength: length && smallNumberOf(length.content) }
}

export function parseKeyUsage(value: Uint8Array): KeyUsage[] {
  const root = parseDer(value)
  if (root.tag !== TAG.bitString) throw new DerError('KeyUsage is a BIT STRING')
  return namedBitsOf(root.content).flatMap((bit) => KEY_USAGES[bit] ?? [])
}

export function parseExtendedKeyUsage(value: Uint8Array): string[] {
  return sequenceOf(value)
    .children(50)
    .map((usage) => {
      if (usage.tag !== TAG.oid) throw new DerError('an extended key usage is an OBJECT IDENTIFIER')
      return oidOf(usage.content)
    })
}

export function parseSubjectKeyIdentifier(value: Uint8Array): Uint8Array {
  const root = parseDer(value)
  if (root.tag !== TAG.octetString) throw new DerError('a key identifier is an OCTET STRING')
  return root.content
}

/** The key identifier, or null when the authority is named by issuer and serial alone. */
export function parseAuthorityKeyIdentifier(value: Uint8Array): Uint8Array | null {
  return sequenceOf(value).open().optional(primitiveContext(0))?.content ?? null
}

/** Access methods with their addresses; null for a location that is no URI. */
export function parseAuthorityInfoAccess(value: Uint8Array): { method: string; url: string | null }[] {
  return sequenceOf(value)
    .children(20)
    .map((description) => {
      const reader = description.open()
      const method = oidOf(reader.next(TAG.oid).content)
      const location = reader.next()
      reader.finish()
      return {
        method,
        url: location.tag === primitiveContext(6) ? Buffer.from(location.content).toString('latin1') : null,
      }
    })
}

function sequenceOf(value: Uint8Array): Tlv {
  const root = parseDer(value)
  if (root.tag !== TAG.sequence) throw new DerError('not a SEQUENCE')
  return root
}

export function findExtension(extensions: readonly Extension[], type: string): Extension | undefined {
  return extensions.find((extension) => extension.oid === type)
}

export interface ExtensionFacts {
  isCa: boolean
  pathLength: number | null
  san: San[]
  extendedKeyUsage: string[]
  keyUsage: KeyUsage[]
}

/** What readers of a certificate ask most. */
export function extensionFacts(extensions: readonly Extension[]): ExtensionFacts {
  const value = (type: string): Uint8Array | undefined => findExtension(extensions, type)?.value
  const [constraints, san] = [value(OID.basicConstraints), value(OID.subjectAltName)]
  const [extended, usage] = [value(OID.extendedKeyUsage), value(OID.keyUsage)]
  return {
    ...(constraints ? parseBasicConstraints(constraints) : { isCa: false, pathLength: null }),
    san: san ? parseSan(san, 'skip') : [],
    extendedKeyUsage: extended ? parseExtendedKeyUsage(extended) : [],
    keyUsage: usage ? parseKeyUsage(usage) : [],
  }
}

/** A certification request as Intune looks at it: what the profile asked for, and nothing besides. */
import { webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { arrayBuffer, strictBase64 } from './intune-challenge'
import type { ExpectedRequest, ExpectedSan } from './intune-world'

const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto })
const CHALLENGE_PASSWORD = '1.2.840.113549.1.9.7'
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const UPN = '1.3.6.1.4.1.311.20.2.3'
const NAME_TYPES: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'E',
}
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
]
const GENERAL_NAMES: Record<number, ExpectedSan['type']> = { 1: 'email', 2: 'dns', 6: 'uri' }

export interface ReadRequest {
  challengePassword: string | null
  /** In the order of the encoding, such as ["CN=tablet-7", "O=Example"]. */
  subject: string[]
  sans: string[]
  keyUsage: string[] | null
  ekus: string[] | null
  keyLength: number
}

/** Null for what is no base64, no DER, or not signed by its own key. */
export async function readRequest(base64: string): Promise<ReadRequest | null> {
  const bytes = strictBase64(base64)
  if (bytes === null) return null
  try {
    const parsed = asn1js.fromBER(arrayBuffer(bytes))
    if (parsed.offset !== bytes.length) return null
    const request = new pkijs.CertificationRequest({ schema: parsed.result })
    if (!(await request.verify(engine))) return null
    const extensions = extensionsOf(request)
    return {
      challengePassword: challengeOf(request),
      subject: request.subject.typesAndValues.map(
        ({ type, value }) => `${NAME_TYPES[type] ?? type}=${value.valueBlock.value}`,
      ),
      sans: sansOf(extensions),
      keyUsage: keyUsageOf(extensions),
      ekus: ekusOf(extensions),
      keyLength: await keyLengthOf(request),
    }
  } catch {
    return null
  }
}

/** The first difference, in Intune's order. Extensions that the profile does not know are none of its business. */
export function mismatch(request: ReadRequest, expected: ExpectedRequest): string | null {
  if (expected.keyLength !== undefined && request.keyLength !== expected.keyLength) return 'KeyLengthMismatch'
  if (expected.keyUsage !== undefined && !sameSet(request.keyUsage ?? [], expected.keyUsage)) return 'KeyUsageMismatch'
  if (expected.ekus !== undefined) {
    if (request.ekus === null && expected.ekus.length > 0) return 'EnhancedKeyUsageMissing'
    if (!sameSet(request.ekus ?? [], expected.ekus)) return 'EnhancedKeyUsageMismatch'
  }
  const subject = partsOf(expected.subject)
  if (request.subject.length === 0 && subject.length > 0) return 'SubjectNameMissing'
  if (request.subject.join('\n') !== subject.join('\n')) return 'SubjectNameMismatch'
  const sans = (expected.sans ?? []).map(({ type, value }) => `${type}:${value}`)
  if (request.sans.length === 0 && sans.length > 0) return 'SubjectAltNameMissing'
  if (!sameSet(request.sans, sans)) return 'SubjectAltNameMismatch'
  return null
}

function challengeOf(request: pkijs.CertificationRequest): string | null {
  const values = (request.attributes ?? []).filter(({ type }) => type === CHALLENGE_PASSWORD).flatMap((a) => a.values)
  const text = values[0] instanceof asn1js.BaseStringBlock ? values[0].valueBlock.value : ''
  return text === '' ? null : text
}

function extensionsOf(request: pkijs.CertificationRequest): pkijs.Extension[] {
  const attribute = (request.attributes ?? []).find(({ type }) => type === EXTENSION_REQUEST)
  return attribute ? new pkijs.Extensions({ schema: attribute.values[0] }).extensions : []
}

function sansOf(extensions: pkijs.Extension[]): string[] {
  const value = extensions.find(({ extnID }) => extnID === '2.5.29.17')?.parsedValue
  const names = value instanceof pkijs.AltName ? value.altNames : []
  return names.map((name: pkijs.GeneralName) => {
    if (name.type === 0) return `upn:${upnOf(name.value)}`
    return `${GENERAL_NAMES[name.type] ?? name.type}:${name.value}`
  })
}

function upnOf(otherName: asn1js.Sequence): string {
  const [type, wrapped] = otherName.valueBlock.value
  const [value] = (wrapped as asn1js.Constructed).valueBlock.value
  const isUpn = type instanceof asn1js.ObjectIdentifier && type.valueBlock.toString() === UPN
  return isUpn && value instanceof asn1js.BaseStringBlock ? value.valueBlock.value : 'of another kind'
}

function keyUsageOf(extensions: pkijs.Extension[]): string[] | null {
  const value = extensions.find(({ extnID }) => extnID === '2.5.29.15')?.parsedValue
  if (!(value instanceof asn1js.BitString)) return null
  const [octet = 0] = value.valueBlock.valueHexView
  return KEY_USAGES.filter((_, bit) => (octet & (0x80 >> bit)) !== 0)
}

function ekusOf(extensions: pkijs.Extension[]): string[] | null {
  const value = extensions.find(({ extnID }) => extnID === '2.5.29.37')?.parsedValue
  return value instanceof pkijs.ExtKeyUsage ? value.keyPurposes : null
}

async function keyLengthOf(request: pkijs.CertificationRequest): Promise<number> {
  const key = await request.getPublicKey(undefined, engine)
  return 'modulusLength' in key.algorithm ? Number(key.algorithm.modulusLength) : 256
}

/** RFC 4514 as far as profiles need it: a backslash makes the next character an ordinary one. */
function partsOf(subject: string): string[] {
  return (subject.match(/(?:\\.|[^,\\])+/g) ?? []).map((part) => part.trim().replace(/\\(.)/g, '$1'))
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}

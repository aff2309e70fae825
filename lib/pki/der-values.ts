/** The contents of DER values as plain ones: numbers, object identifiers, texts, bits. */
import { DerError, TAG, type Tlv } from './der'
import { oid } from './der-write'
import { ATTRIBUTE_OID, OID } from './oid'

/** The signed number in an INTEGER's or ENUMERATED's content. */
export function integerOf(content: Uint8Array): bigint {
  if (content.length > 2_100) throw new DerError('an INTEGER beyond any use', 'limit')
  const value = BigInt(`0x${Buffer.from(content).toString('hex') || '0'}`)
  return (content[0] ?? 0) >= 0x80 ? value - (1n << BigInt(8 * content.length)) : value
}

/** An INTEGER that must be a small natural number: versions, path lengths. */
export function smallNumberOf(content: Uint8Array): number {
  const value = integerOf(content)
  if (value < 0n || value > 0x7fff_ffffn) throw new DerError('a number out of range')
  return Number(value)
}

export function booleanOf(content: Uint8Array): boolean {
  return content[0] === 0xff
}

/** Those that have a name here, by a hash of their octets: a certificate has thirty of them, and they are always the same. */
const named = new Map(
  [...Object.values(OID), ...Object.values(ATTRIBUTE_OID)].map((text) => {
    const content = oid(text).subarray(2)
    return [hashOf(content), { content, text }] as const
  }),
)

export function oidOf(content: Uint8Array): string {
  const found = named.get(hashOf(content))
  return found !== undefined && Buffer.compare(found.content, content) === 0 ? found.text : dotted(content)
}

function hashOf(content: Uint8Array): number {
  let hash = content.length
  for (const part of content) hash = (Math.imul(hash, 31) + part) | 0
  return hash
}

function dotted(content: Uint8Array): string {
  const arcs: number[] = []
  let value = 0
  for (const part of content) {
    value = value * 128 + (part & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER) throw new DerError('an OBJECT IDENTIFIER arc above 2^53', 'limit')
    if (part >= 0x80) continue
    arcs.push(value)
    value = 0
  }
  const [joined = 0, ...rest] = arcs
  const first = Math.min(Math.floor(joined / 40), 2)
  return [first, joined - first * 40, ...rest].join('.')
}

/** The octets of a BIT STRING that holds whole octets, as keys and signatures do. */
export function octetsOfBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new DerError('BIT STRING of odd length')
  return content.subarray(1)
}

/** The numbers of the bits that are set, as in KeyUsage. */
export function namedBitsOf(content: Uint8Array): number[] {
  if (content.length > 9) throw new DerError('more named bits than any type has', 'limit')
  const bits: number[] = []
  for (let bit = 0; bit < 8 * (content.length - 1); bit++) {
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit)
  }
  return bits
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The text of any string type. Clients write more than the alphabet of their type allows ('@' or '_' in a
 * PrintableString, RFC 8894 deployments), so the alphabets are not enforced; eight-bit octets in them are.
 */
export function textOf(value: Pick<Tlv, 'tag' | 'content'>): string {
  const { content } = value
  switch (value.tag) {
    case TAG.utf8String:
      return utf8Text(content)
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.visibleString:
    case TAG.numericString:
      if (content.some((byte) => byte >= 0x80)) throw new DerError('an eight-bit octet in an ASCII string')
      return Buffer.from(content).toString('latin1')
    case TAG.teletexString:
      return Buffer.from(content).toString('latin1')
    case TAG.bmpString:
      if (content.length % 2 !== 0) throw new DerError('BMPString of odd length')
      return wellFormed(Buffer.from(content).swap16().toString('utf16le'))
    case TAG.universalString:
      return universalText(content)
    default:
      throw new DerError('not a string type')
  }
}

function utf8Text(content: Uint8Array): string {
  try {
    return utf8.decode(content)
  } catch {
    throw new DerError('not UTF-8')
  }
}

function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new DerError('half a surrogate pair')
  return text
}

function universalText(content: Uint8Array): string {
  if (content.length % 4 !== 0) throw new DerError('UniversalString of odd length')
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  let text = ''
  for (let at = 0; at < content.length; at += 4) {
    const point = view.getUint32(at)
    if (point > 0x10ffff) throw new DerError('a code point above U+10FFFF')
    text += String.fromCodePoint(point)
  }
  return wellFormed(text)
}

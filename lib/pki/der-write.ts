/** Writes DER: every function returns one complete encoding. */
import { constructedContext, DerError, TAG } from './der'

/** One value of type `tag` around the parts. */
export function encode(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const octets = lengthOctets(length)
  const out = zeros(2 + octets + length)
  writeHeader(out, tag, length, octets)
  let at = 2 + octets
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Up to here V8 keeps the octets with their array; beyond, an array with memory of its own costs ten times a part of a block. */
const WITH_THE_ARRAY = 64
const BLOCK = 32_768
const MOST_OF_A_BLOCK = BLOCK / 8

let block = new ArrayBuffer(0)
let taken = 0

/** As `new Uint8Array(length)`. What is short shares a block with what was written before and after it; no octet is given out twice. */
function zeros(length: number): Uint8Array {
  if (length <= WITH_THE_ARRAY || length > MOST_OF_A_BLOCK) return new Uint8Array(length)
  if (taken + length > block.byteLength) {
    block = new ArrayBuffer(BLOCK)
    taken = 0
  }
  const out = new Uint8Array(block, taken, length)
  taken += length
  return out
}

/** Tag and length of a value whose content comes in pieces. */
export function header(tag: number, length: number): Uint8Array {
  const octets = lengthOctets(length)
  const out = new Uint8Array(2 + octets)
  writeHeader(out, tag, length, octets)
  return out
}

/** How many octets follow the first one of a length. */
function lengthOctets(length: number): number {
  if (length < 0x80) return 0
  let octets = 1
  for (let rest = length; rest >= 256; rest = Math.floor(rest / 256)) octets++
  return octets
}

function writeHeader(out: Uint8Array, tag: number, length: number, octets: number): void {
  out[0] = tag
  out[1] = octets === 0 ? length : 0x80 | octets
  for (let at = 1 + octets, rest = length; at > 1; at--, rest = Math.floor(rest / 256)) out[at] = rest % 256
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts)

/** [n] around the parts, constructed: EXPLICIT, or IMPLICIT over a SEQUENCE or SET. */
export const context = (n: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  encode(constructedContext(n), ...parts)

/** The same content under another tag: IMPLICIT, where both tags take one octet. */
export function retagged(tag: number, der: Uint8Array): Uint8Array {
  const out = zeros(der.length)
  out.set(der)
  out[0] = tag
  return out
}

/** SET OF, its elements in the order DER wants (X.690 §11.6). */
export function setOf(elements: readonly Uint8Array[]): Uint8Array {
  return encode(TAG.set, ...elements.toSorted((a, b) => Buffer.compare(a, b)))
}

export function integer(value: number | bigint): Uint8Array {
  const number = BigInt(value)
  if (number < 0n) throw new DerError('negative numbers are never written')
  const hex = number.toString(16)
  return naturalNumber(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
}

/** INTEGER from the big-endian octets of a natural number, leading zeros as they may be. */
export function naturalNumber(octets: Uint8Array): Uint8Array {
  let at = 0
  while (at < octets.length - 1 && octets[at] === 0) at++
  const bytes = octets.subarray(at)
  return (bytes[0] ?? 0x80) >= 0x80 ? encode(TAG.integer, Uint8Array.of(0), bytes) : encode(TAG.integer, bytes)
}

export const boolean = (value: boolean): Uint8Array => Uint8Array.of(TAG.boolean, 1, value ? 0xff : 0)
export const nullValue = (): Uint8Array => Uint8Array.of(TAG.null, 0)
export const octetString = (content: Uint8Array): Uint8Array => encode(TAG.octetString, content)
export const bitString = (content: Uint8Array): Uint8Array => encode(TAG.bitString, Uint8Array.of(0), content)

/** BIT STRING of named bits: trailing zero bits are left out (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  const last = Math.max(-1, ...bits)
  const content = new Uint8Array(1 + Math.ceil((last + 1) / 8))
  for (const bit of bits) content[1 + (bit >> 3)] = (content[1 + (bit >> 3)] ?? 0) | (0x80 >> (bit & 7))
  content[0] = 8 * (content.length - 1) - (last + 1)
  return encode(TAG.bitString, content)
}

const oids = new Map<string, Uint8Array>()

/** OBJECT IDENTIFIER; those in use are few and encoded once. */
export function oid(text: string): Uint8Array {
  const known = oids.get(text)
  if (known) return known
  const bytes = encodeOid(text)
  if (oids.size < 500) oids.set(text, bytes)
  return bytes
}

function encodeOid(text: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9]\d{0,15})){1,30}$/.test(text)) throw new DerError('not an object identifier')
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  if (first < 2 && second >= 40) throw new DerError('not an object identifier')
  const octets: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    if (arc > Number.MAX_SAFE_INTEGER) throw new DerError('an OBJECT IDENTIFIER arc above 2^53', 'limit')
    const group = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) group.unshift(0x80 | (left % 128))
    octets.push(...group)
  }
  return encode(TAG.oid, Uint8Array.from(octets))
}

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** The alphabet of PrintableString (X.680 §41.4). */
export const isPrintable = (text: string): boolean => /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)
export const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

export const utf8String = (text: string): Uint8Array => encode(TAG.utf8String, Buffer.from(text, 'utf8'))

export function printableString(text: string): Uint8Array {
  if (!isPrintable(text)) throw new DerError('not a PrintableString')
  return encode(TAG.printableString, ascii(text))
}

export function ia5String(text: string): Uint8Array {
  if (!isAscii(text)) throw new DerError('not an IA5String')
  return encode(TAG.ia5String, ascii(text))
}

/** DirectoryString as RFC 5280 §4.1.2.4 and RFC 2985 §5.4.1 prefer it. */
export const directoryString = (text: string): Uint8Array =>
  isPrintable(text) ? printableString(text) : utf8String(text)

/** BER to DER: Java stacks and streaming encoders send indefinite lengths and strings in pieces. */
import { DerError, type DerLimits, parseDer, TAG, UNTRUSTED } from './der'
import { encode } from './der-write'

/**
 * The same value as strict DER: the bytes themselves when they are already, which is the usual case and costs no copy.
 */
export function toDer(bytes: Uint8Array, limits: DerLimits = UNTRUSTED): Uint8Array {
  try {
    parseDer(bytes, limits)
    return bytes
  } catch (error) {
    if (!(error instanceof DerError) || error.kind !== 'ber') throw error
  }
  const { der, end } = normalise({ source: bytes, limits, nodes: 0 }, 0, bytes.length, 1)
  if (end !== bytes.length) throw new DerError('bytes after the end')
  // Only what the strict reader accepts leaves here, whatever was written above.
  parseDer(der, limits)
  return der
}

interface Walk {
  readonly source: Uint8Array
  readonly limits: DerLimits
  nodes: number
}

/** One value and what follows it. Recursion ends at the depth limit. */
function normalise(walk: Walk, start: number, limit: number, depth: number): { der: Uint8Array; end: number } {
  const { source, limits } = walk
  if (++walk.nodes > limits.maxNodes) throw new DerError(`more than ${limits.maxNodes} values`, 'limit')
  if (depth > limits.maxDepth + 1) throw new DerError(`deeper than ${limits.maxDepth} levels`, 'limit')
  const { tag, content, length } = readHeader(source, start, limit)
  if ((tag & 0x20) === 0) {
    if (length === null) throw new DerError('a primitive value of indefinite length')
    return { der: encode(tag, canonical(tag, source.subarray(content, content + length))), end: content + length }
  }
  const parts: Uint8Array[] = []
  let at = content
  const end = length === null ? limit : content + length
  while (length === null ? !endOfContents(source, at, limit) : at < end) {
    const part = normalise(walk, at, end, depth + 1)
    parts.push(part.der)
    at = part.end
  }
  return { der: encodeParts(tag, parts), end: length === null ? at + 2 : end }
}

function encodeParts(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  if (tag >= 0x40 || tag === TAG.sequence || tag === TAG.set) return encode(tag, ...parts)
  // RFC 5652 §5.4 hashes the octets of a string, not how they were cut. Other strings come whole from every client.
  if (tag !== (TAG.octetString | 0x20)) throw new DerError('a constructed value that is no OCTET STRING', 'unsupported')
  const pieces = parts.map((part) => parseDer(part))
  if (pieces.some((piece) => piece.tag !== TAG.octetString))
    throw new DerError('a piece of an OCTET STRING is something else')
  return encode(TAG.octetString, ...pieces.map((piece) => piece.content))
}

/** BER lets a sender choose how to write TRUE and what to put into unused bits. */
function canonical(tag: number, content: Uint8Array): Uint8Array {
  const first = content[0] ?? 0
  if (tag === TAG.boolean && content.length === 1 && first !== 0) return Uint8Array.of(0xff)
  if (tag !== TAG.bitString || content.length < 2 || first === 0 || first > 7) return content
  const bits = Uint8Array.from(content)
  bits[bits.length - 1] = (bits.at(-1) ?? 0) & (0xff << first)
  return bits
}

/** `length` null means indefinite. */
function readHeader(
  source: Uint8Array,
  start: number,
  limit: number,
): { tag: number; content: number; length: number | null } {
  const [tag, first] = [source[start], source[start + 1]]
  if (tag === undefined || first === undefined || start + 2 > limit) throw new DerError('ends too early')
  if ((tag & 0x1f) === 0x1f) throw new DerError('multi-octet tags are not used in X.509 or CMS', 'unsupported')
  if (first === 0x80) return { tag, content: start + 2, length: null }
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 8) throw new DerError('a length of more than eight octets', 'limit')
  const content = start + 2 + count
  let length = count === 0 ? first : 0
  for (const octet of source.subarray(start + 2, content)) length = length * 256 + octet
  if (content + length > limit) throw new DerError('a length reaches past the end')
  return { tag, content, length }
}

function endOfContents(source: Uint8Array, at: number, limit: number): boolean {
  if (at + 2 > limit) throw new DerError('an indefinite length without an end')
  return source[at] === 0 && source[at + 1] === 0
}

/** BER to DER: Java stacks and streaming encoders send indefinite lengths and strings in pieces (scep.md §1.5). */
import * as asn1js from 'asn1js'
import { DerError, type DerLimits, parseDer, TAG, UNTRUSTED } from './der'
import { encode } from './der-write'

/** The same value as strict DER: the bytes themselves when they are already, which is the usual case and costs no copy. */
export function toDer(bytes: Uint8Array, limits: DerLimits = UNTRUSTED): Uint8Array {
  try {
    parseDer(bytes, limits)
    return bytes
  } catch (error) {
    if (!(error instanceof DerError) || error.kind !== 'ber') throw error
  }
  const der = normalise(parseBer(bytes, limits))
  // What asn1js tolerates beyond BER (or reads differently from us) must not get past this point.
  parseDer(der, limits)
  return der
}

function parseBer(bytes: Uint8Array, limits: DerLimits): asn1js.AsnType {
  const { maxBytes: maxContentLength, maxNodes, maxDepth } = limits
  const { offset, result } = asn1js.fromBER(Buffer.from(bytes), { maxContentLength, maxNodes, maxDepth, parseEmbedded: false })
  if (offset === -1) throw new DerError('neither DER nor BER')
  if (offset !== bytes.length) throw new DerError('bytes after the end')
  return result
}

/** Recursion is bounded: asn1js stopped at the depth limit. */
function normalise(node: asn1js.AsnType): Uint8Array {
  const { tagClass, tagNumber, isConstructed } = node.idBlock
  if (tagNumber > 30) throw new DerError('multi-octet tags are not used in X.509 or CMS', 'unsupported')
  const tag = ((tagClass - 1) << 6) | tagNumber
  if (!isConstructed) return encode(tag, primitiveContent(node, tag))
  const parts = partsOf(node)
  // OCTET STRING in pieces: RFC 5652 §5.4 hashes the octets, not how they were cut.
  if (tag === TAG.octetString) return encode(tag, ...parts.map((part) => pieceOf(normalise(part))))
  if (tagClass === 1 && tagNumber !== 0x10 && tagNumber !== 0x11) throw new DerError('a constructed string', 'unsupported')
  return encode(tag | 0x20, ...parts.map(normalise))
}

function partsOf(node: asn1js.AsnType): asn1js.AsnType[] {
  // asn1js lets an indefinite length at the very end of the bytes go without its end-of-contents octets.
  const { length, [length - 1]: last, [length - 2]: before } = node.valueBeforeDecodeView
  const ended = length >= 4 && last === 0 && before === 0
  if (node.lenBlock.isIndefiniteForm && !ended) throw new DerError('an indefinite length without an end')
  const { value } = node.valueBlock as unknown as { value?: asn1js.AsnType[] }
  if (!Array.isArray(value)) throw new DerError('neither DER nor BER')
  return value.filter((part) => !(part instanceof asn1js.EndOfContent))
}

/** The octets as received: asn1js's own re-encoding would lose odd integers and strings. */
function primitiveContent(node: asn1js.AsnType, tag: number): Uint8Array {
  const raw = node.valueBeforeDecodeView
  const content = raw.subarray(raw.length - node.lenBlock.length)
  return tag === TAG.boolean && content.length === 1 && content[0] !== 0 ? Uint8Array.of(0xff) : content
}

function pieceOf(der: Uint8Array): Uint8Array {
  const piece = parseDer(der)
  if (piece.tag !== TAG.octetString) throw new DerError('a piece of an OCTET STRING is something else')
  return piece.content
}

/** A strict DER reader (X.690): whatever differs from the one right encoding is an error, at a bounded cost. */

/** Why bytes were refused. `ber`: sound BER that DER forbids. `limit`: too much. `unsupported`: nothing we handle. */
export type DerErrorKind = 'malformed' | 'ber' | 'limit' | 'unsupported'

export class DerError extends Error {
  readonly kind: DerErrorKind

  constructor(message: string, kind: DerErrorKind = 'malformed') {
    super(message)
    this.name = 'DerError'
    this.kind = kind
  }
}

/** Identifier octets of the universal types in use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Identifier octet of a constructed context-specific value: [n] EXPLICIT, or IMPLICIT over a SEQUENCE or SET. */
export const constructedContext = (n: number): number => 0xa0 | n
/** Identifier octet of a primitive context-specific value: [n] IMPLICIT over a primitive type. */
export const primitiveContext = (n: number): number => 0x80 | n

/** One encoded value: a view into the bytes it was read from, nothing copied. */
export class Tlv {
  readonly source: Uint8Array
  /** The identifier octet, class and constructed bit included. */
  readonly tag: number
  readonly start: number
  /** Octets of identifier and length. */
  readonly header: number
  readonly end: number

  constructor(source: Uint8Array, tag: number, start: number, header: number, end: number) {
    this.source = source
    this.tag = tag
    this.start = start
    this.header = header
    this.end = end
  }

  get constructed(): boolean {
    return (this.tag & 0x20) !== 0
  }

  /** The whole encoding. */
  get bytes(): Uint8Array {
    return this.source.subarray(this.start, this.end)
  }

  get content(): Uint8Array {
    return this.source.subarray(this.start + this.header, this.end)
  }

  /** A reader over the values inside. */
  open(): DerReader {
    if (!this.constructed) throw new DerError('a primitive value has no parts')
    return new DerReader(this.source, this.start + this.header, this.end)
  }

  /** Every value inside, at most `limit` of them. */
  children(limit = 1000): Tlv[] {
    const reader = this.open()
    const children: Tlv[] = []
    while (!reader.done) {
      if (children.length === limit) throw new DerError(`more than ${limit} elements`, 'limit')
      children.push(reader.next())
    }
    return children
  }
}

/** Walks the values of one level from left to right. Checks headers; `parseDer` has checked what lies deeper. */
export class DerReader {
  readonly #source: Uint8Array
  readonly #end: number
  #at: number

  constructor(source: Uint8Array, start = 0, end = source.length) {
    this.#source = source
    this.#at = start
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  /** The identifier octet of the next value, or -1 at the end. */
  get tag(): number {
    return this.done ? -1 : octet(this.#source, this.#at)
  }

  /** The next value; with `tag`, it must be of that type. */
  next(tag?: number): Tlv {
    const found = readHeader(this.#source, this.#at, this.#end)
    if (tag !== undefined && found.tag !== tag) throw new DerError(`expected ${hex(tag)}, found ${hex(found.tag)}`)
    this.#at = found.end
    return found
  }

  optional(tag: number): Tlv | null {
    return this.tag === tag ? this.next() : null
  }

  /** Nothing may be left: unknown trailing fields are how two parsers come to disagree. */
  finish(): void {
    if (!this.done) throw new DerError('unexpected elements at the end')
  }
}

export interface DerLimits {
  maxBytes: number
  maxNodes: number
  maxDepth: number
}

/** Limits for untrusted input: a pkiMessage, and everything smaller. */
export const UNTRUSTED: DerLimits = { maxBytes: 131_072, maxNodes: 4_000, maxDepth: 32 }

/**
 * One DER value filling all the bytes, every node of it checked. Runs in a loop over a stack of ends, so that nesting
 * costs the sender's bytes and never our call stack.
 */
export function parseDer(bytes: Uint8Array, limits: DerLimits = UNTRUSTED): Tlv {
  if (bytes.length > limits.maxBytes) throw new DerError(`more than ${limits.maxBytes} bytes`, 'limit')
  const root = readHeader(bytes, 0, bytes.length)
  const ends: number[] = []
  // A certificate has a hundred nodes, and is read at every step: what is only checked is never an object.
  let at = 0
  let end = bytes.length
  for (let nodes = 1; ; nodes++) {
    if (nodes > limits.maxNodes) throw new DerError(`more than ${limits.maxNodes} values`, 'limit')
    const header = headerOctets(bytes, at, end)
    const tag = octet(bytes, at)
    const start = at + header
    const stop = start + lengthAt(bytes, at, header)
    if ((tag & 0x20) !== 0) {
      if (ends.length === limits.maxDepth) throw new DerError(`deeper than ${limits.maxDepth} levels`, 'limit')
      ends.push(stop)
      at = start
    } else {
      checkPrimitive(bytes, tag, start, stop)
      at = stop
    }
    while (ends.length > 0 && at === ends[ends.length - 1]) ends.pop()
    const enclosing = ends[ends.length - 1]
    if (enclosing === undefined) break
    end = enclosing
  }
  if (root.end !== bytes.length) throw new DerError('bytes after the end')
  return root
}

const STRINGS = new Set<number>([
  TAG.bitString,
  TAG.octetString,
  TAG.utf8String,
  TAG.numericString,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.utcTime,
  TAG.generalizedTime,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
])

function readHeader(source: Uint8Array, start: number, limit: number): Tlv {
  const header = headerOctets(source, start, limit)
  return new Tlv(source, octet(source, start), start, header, start + header + lengthAt(source, start, header))
}

/** The octets of identifier and length of the value at `start`, which must be sound and end within the limit. */
function headerOctets(source: Uint8Array, start: number, limit: number): number {
  if (start + 2 > limit) throw new DerError('ends too early')
  const tag = octet(source, start)
  if ((tag & 0x1f) === 0x1f) throw new DerError('multi-octet tags are not used in X.509 or CMS', 'unsupported')
  checkForm(tag)
  const first = octet(source, start + 1)
  const count = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80) throw new DerError('indefinite length', 'ber')
  if (count > 4) throw new DerError('a length of more than four octets', source[start + 2] === 0 ? 'ber' : 'limit')
  if (start + 2 + count > limit) throw new DerError('ends within a length')
  const length = lengthAt(source, start, 2 + count)
  if (count > 0 && (length < 0x80 || octet(source, start + 2) === 0)) throw new DerError('length is not minimal', 'ber')
  if (start + 2 + count + length > limit) throw new DerError('a length reaches past the end')
  return 2 + count
}

/** The length that a sound header of so many octets states. */
function lengthAt(source: Uint8Array, start: number, header: number): number {
  if (header === 2) return octet(source, start + 1)
  let length = 0
  for (let i = 2; i < header; i++) length = length * 256 + octet(source, start + i)
  return length
}

/** Universal types come in one form each: SEQUENCE and SET constructed, the rest primitive. */
function checkForm(tag: number): void {
  if (tag >= 0x40) return
  const constructed = (tag & 0x20) !== 0
  const type = tag & 0x1f
  if (type === 0) throw new DerError('reserved tag 0')
  if ((type === 0x10 || type === 0x11) && !constructed) throw new DerError('a primitive SEQUENCE or SET')
  if (constructed && type !== 0x10 && type !== 0x11) {
    throw STRINGS.has(type) ? new DerError('constructed string', 'ber') : new DerError('constructed simple type')
  }
}

/** Of the value whose content lies between these two. */
function checkPrimitive(source: Uint8Array, tag: number, start: number, end: number): void {
  switch (tag) {
    case TAG.boolean: {
      if (end - start !== 1) throw new DerError('BOOLEAN is not one octet')
      const value = octet(source, start)
      if (value !== 0 && value !== 0xff) throw new DerError('BOOLEAN is neither 00 nor FF', 'ber')
      return
    }
    case TAG.integer:
    case TAG.enumerated:
      checkInteger(source, start, end)
      return
    case TAG.bitString:
      checkBitString(source, start, end)
      return
    case TAG.null:
      if (end !== start) throw new DerError('NULL has content')
      return
    case TAG.oid:
      checkOid(source, start, end)
      return
    default:
      return
  }
}

/** Two's complement without superfluous leading octets (X.690 §8.3.2; BER asks the same). */
function checkInteger(source: Uint8Array, start: number, end: number): void {
  if (end === start) throw new DerError('an empty INTEGER')
  if (end - start < 2) return
  const first = octet(source, start)
  const negative = octet(source, start + 1) >= 0x80
  if ((first === 0 && !negative) || (first === 0xff && negative)) throw new DerError('INTEGER is not minimal')
}

function checkBitString(source: Uint8Array, start: number, end: number): void {
  if (end === start) throw new DerError('a BIT STRING without its first octet')
  const unused = octet(source, start)
  if (unused > 7 || (unused > 0 && end - start === 1)) throw new DerError('impossible count of unused bits')
  if ((octet(source, end - 1) & ((1 << unused) - 1)) !== 0 && end - start > 1) {
    throw new DerError('unused bits are not zero', 'ber')
  }
}

function checkOid(source: Uint8Array, start: number, end: number): void {
  if (end === start || octet(source, end - 1) >= 0x80) throw new DerError('OBJECT IDENTIFIER is cut')
  let starts = true
  for (let at = start; at < end; at++) {
    const part = octet(source, at)
    if (starts && part === 0x80) throw new DerError('OBJECT IDENTIFIER arc is not minimal')
    starts = part < 0x80
  }
}

function octet(bytes: Uint8Array, at: number): number {
  const value = bytes[at]
  if (value === undefined) throw new DerError('ends too early')
  return value
}

function hex(tag: number): string {
  return `tag 0x${tag.toString(16).padStart(2, '0')}`
}

/** The entries of a list, compared with what must be on it while both are read once: no memory for either. */
import { setImmediate } from 'node:timers/promises'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import { DerError, DerReader, TAG } from '@/lib/pki/der'

/** Extension { reasonCode, OCTET STRING { ENUMERATED } }; the number follows. */
const REASON = Buffer.from('300a0603551d1504030a01', 'hex')
/** Extension { invalidityDate, OCTET STRING { GeneralizedTime } }; the time follows. */
const INVALIDITY = Buffer.from('30180603551d180411180f', 'hex')
const GENERALIZED_TIME_BYTES = 15
/** removeFromCRL (8) is not among them: what is listed with it counts as not revoked. */
const REASONS = new Set<number>(Object.values(REVOCATION_REASON_NUMBER))
/** Between two of these others get their turn. */
const AT_ONCE = 10_000

/**
 * The first serial, in hex, that is required and not listed; null when there is none. `required` comes in pages, each
 * serial as the length of its octets in 32 bits and those octets, ascending like the entries themselves.
 */
export async function missingSerial(tbs: Uint8Array, required: AsyncIterable<Buffer>): Promise<string | null> {
  const entries = new EntryReader(tbs)
  let listed = entries.next()
  for await (const page of required) {
    for (let at = 0; at < page.length; ) {
      const start = at + 4
      at = start + page.readUInt32BE(at)
      while (listed && entries.compare(page, start, at) < 0) {
        listed = entries.next()
        if (entries.count % AT_ONCE === 0) await setImmediate()
      }
      if (!listed || entries.compare(page, start, at) !== 0) return page.toString('hex', start, at)
    }
    await setImmediate()
  }
  while (listed) {
    listed = entries.next()
    if (entries.count % AT_ONCE === 0) await setImmediate()
  }
  return null
}

/** Strict, because an entry that others read differently is a revocation that they miss. */
class EntryReader {
  count = 0
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  #serialStart = 0
  #serialEnd = 0

  constructor(tbs: Uint8Array) {
    this.#bytes = Buffer.from(tbs.buffer, tbs.byteOffset, tbs.length)
    const { start, end } = entriesIn(this.#bytes)
    this.#at = start
    this.#end = end
  }

  /** False at the end; throws at an entry of another form, or out of order. */
  next(): boolean {
    if (this.#at === this.#end) return false
    const bytes = this.#bytes
    const at = this.#at
    // SEQUENCE { INTEGER, Time, extensions? }: too short for a length of more than one octet, anywhere in it.
    const entryEnd = at + 2 + shortLength(bytes, at + 1)
    const serialAt = at + 4
    const timeAt = serialAt + shortLength(bytes, at + 3)
    const extensionsAt = timeAt + 2 + shortLength(bytes, timeAt + 1)
    const sound =
      bytes[at] === TAG.sequence &&
      bytes[at + 2] === TAG.integer &&
      (bytes[timeAt] === TAG.utcTime || bytes[timeAt] === TAG.generalizedTime) &&
      entryEnd <= this.#end &&
      (extensionsAt === entryEnd || areExtensions(bytes, extensionsAt, entryEnd))
    if (!sound) throw new DerError('an entry of another form')
    const serialStart = positiveFrom(bytes, serialAt, timeAt)
    if (this.count > 0 && this.compare(bytes, serialStart, timeAt) >= 0) throw new DerError('entries out of order')
    this.#serialStart = serialStart
    this.#serialEnd = timeAt
    this.#at = entryEnd
    this.count += 1
    return true
  }

  /** Negative while the serial of this entry comes before the one given. */
  compare(other: Buffer, start: number, end: number): number {
    return this.#bytes.compare(other, start, end, this.#serialStart, this.#serialEnd)
  }
}

function entriesIn(tbs: Buffer): { start: number; end: number } {
  const list = new DerReader(tbs).next(TAG.sequence).open()
  for (const tag of [TAG.integer, TAG.sequence, TAG.sequence]) list.next(tag)
  // thisUpdate and nextUpdate
  list.next()
  list.next()
  const entries = list.optional(TAG.sequence)
  return entries === null ? { start: 0, end: 0 } : { start: entries.start + entries.header, end: entries.end }
}

/** Where the number begins behind the zero octet that only keeps it positive. */
function positiveFrom(bytes: Buffer, start: number, end: number): number {
  if (start === end) throw new DerError('an empty serial')
  if (octetAt(bytes, start) >= 0x80) throw new DerError('a negative serial')
  if (bytes[start] !== 0 || end - start === 1) return start
  if (octetAt(bytes, start + 1) < 0x80) throw new DerError('a serial that is not minimal')
  return start + 1
}

/** crlEntryExtensions: a reasonCode, an invalidityDate, or both in this order. */
function areExtensions(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== TAG.sequence || start + 2 + shortLength(bytes, start + 1) !== end) return false
  let at = start + 2
  const reasonEnd = at + REASON.length + 1
  if (begins(bytes, at, end, REASON)) {
    if (reasonEnd > end || !REASONS.has(octetAt(bytes, reasonEnd - 1))) return false
    at = reasonEnd
  }
  if (begins(bytes, at, end, INVALIDITY)) at += INVALIDITY.length + GENERALIZED_TIME_BYTES
  return at === end && at > start + 2
}

function begins(bytes: Buffer, at: number, end: number, what: Buffer): boolean {
  return at + what.length <= end && bytes.compare(what, 0, what.length, at, at + what.length) === 0
}

/** A length in its short form. */
function shortLength(bytes: Buffer, at: number): number {
  const length = octetAt(bytes, at)
  if (length >= 0x80) throw new DerError('an entry of another form')
  return length
}

function octetAt(bytes: Buffer, at: number): number {
  const value = bytes[at]
  if (value === undefined) throw new DerError('ends too early')
  return value
}

/** The entries of a list, read straight from its bytes: a hundred thousand of them cost a set, not as many objects. */
import { setImmediate } from 'node:timers/promises'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import { DerError, DerReader, TAG } from '@/lib/pki/der'

/** crlEntryExtensions with nothing but a reasonCode; the number follows. */
const REASON = Buffer.from('300c300a0603551d1504030a01', 'hex')
/** removeFromCRL (8) is not among them: what is listed with it counts as not revoked. */
const REASONS = new Set<number>(Object.values(REVOCATION_REASON_NUMBER))
/** Between two of these others get their turn. */
const AT_ONCE = 20_000

/**
 * The serials that a TBSCertList revokes, in lower-case hex as PostgreSQL's lower() writes them. Strict, because an entry
 * that others read differently is a revocation that they miss.
 */
export async function listedSerials(tbs: Uint8Array): Promise<Set<string>> {
  const bytes = Buffer.from(tbs.buffer, tbs.byteOffset, tbs.length)
  const { start, end } = entriesIn(bytes)
  const serials = new Set<string>()
  for (let at = start, count = 1; at < end; count++) {
    // SEQUENCE { INTEGER, Time, reason? }: too short for a length of more than one octet, anywhere in it.
    const entryEnd = at + 2 + shortLength(bytes, at + 1)
    const serialAt = at + 4
    const timeAt = serialAt + shortLength(bytes, at + 3)
    const reasonAt = timeAt + 2 + shortLength(bytes, timeAt + 1)
    const sound =
      bytes[at] === TAG.sequence &&
      bytes[at + 2] === TAG.integer &&
      (bytes[timeAt] === TAG.utcTime || bytes[timeAt] === TAG.generalizedTime) &&
      entryEnd <= end &&
      (reasonAt === entryEnd || isReason(bytes, reasonAt, entryEnd))
    if (!sound) throw new DerError('an entry of another form')
    serials.add(bytes.toString('hex', positiveFrom(bytes, serialAt, timeAt), timeAt))
    at = entryEnd
    if (count % AT_ONCE === 0) await setImmediate()
  }
  return serials
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

function isReason(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start === REASON.length + 1 &&
    bytes.compare(REASON, 0, REASON.length, start, end - 1) === 0 &&
    REASONS.has(octetAt(bytes, end - 1))
  )
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

/**
 * The entries of a CRL (RFC 5280 §5.1.2.6), from columns to DER without an object for any of them: a list of a hundred
 * thousand costs its own bytes and no more.
 */
import { DerError, TAG } from './der'

/** CRLReason, RFC 5280 §5.3.1, without removeFromCRL, which only delta CRLs know. */
export const REVOCATION_REASON_NUMBER = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

export type RevocationReasonName = keyof typeof REVOCATION_REASON_NUMBER

export interface RevokedEntry {
  /** Hex, as in Serial. */
  serial: string
  revokedAt: Date
  reason: RevocationReasonName
  /** Since when the key is thought to have been unsafe (§5.3.2). */
  invalidityDate?: Date | null
}

/** Many revoked certificates, a column for each fact. */
export interface RevokedColumns {
  readonly count: number
  /** The octets of all serials, one after the other; number i ends before serialEnds[i]. */
  readonly serials: Uint8Array
  readonly serialEnds: Uint32Array
  /** Milliseconds since 1970. */
  readonly revokedAt: Float64Array
  /** CRLReason. */
  readonly reasons: Uint8Array
  /** Milliseconds since 1970; NaN where there is none. */
  readonly invalidityDates: Float64Array
}

/** Encoded entries, in pieces: together they are the content of revokedCertificates. */
export interface CrlEntries {
  readonly count: number
  readonly length: number
  readonly pieces: readonly Uint8Array[]
}

const PIECE_BYTES = 128 * 1024
/** Serial of up to 40 octets, two Times and both extensions: one octet says the length of each. */
const MAX_ENTRY_BYTES = 128

export class EntryWriter {
  readonly #pieces: Uint8Array[] = []
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  #at = 0
  #length = 0
  #count = 0

  add(columns: RevokedColumns): void {
    for (let i = 0; i < columns.count; i++) this.#entry(columns, i)
    this.#count += columns.count
  }

  finish(): CrlEntries {
    const pieces = this.#at === 0 ? this.#pieces : [...this.#pieces, this.#piece.subarray(0, this.#at)]
    return { count: this.#count, length: this.#length + this.#at, pieces }
  }

  #entry({ serials, serialEnds, revokedAt, reasons, invalidityDates }: RevokedColumns, i: number): void {
    if (this.#at + MAX_ENTRY_BYTES > PIECE_BYTES) this.#nextPiece()
    const piece = this.#piece
    const begin = this.#at
    let at = begin + 2
    at = writeSerial(piece, at, serials, i === 0 ? 0 : (serialEnds[i - 1] ?? 0), serialEnds[i] ?? 0)
    at = writeTime(piece, at, revokedAt[i] ?? Number.NaN)
    at = writeExtensions(piece, at, reasons[i] ?? 0, invalidityDates[i] ?? Number.NaN)
    piece[begin] = TAG.sequence
    piece[begin + 1] = at - begin - 2
    this.#at = at
  }

  #nextPiece(): void {
    this.#pieces.push(this.#piece.subarray(0, this.#at))
    this.#length += this.#at
    this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
    this.#at = 0
  }
}

/** For the few that are at hand as objects; ascending, as in every list we publish. */
export function entriesOf(list: readonly RevokedEntry[]): CrlEntries {
  const writer = new EntryWriter()
  writer.add(columnsOf(list))
  return writer.finish()
}

export function columnsOf(list: readonly RevokedEntry[]): RevokedColumns {
  const serials = list.map(({ serial }) => Buffer.from(serial, 'hex'))
  let end = 0
  return {
    count: list.length,
    serials: Buffer.concat(serials),
    serialEnds: Uint32Array.from(serials, ({ length }) => {
      end += length
      return end
    }),
    revokedAt: Float64Array.from(list, ({ revokedAt }) => revokedAt.getTime()),
    reasons: Uint8Array.from(list, ({ reason }) => REVOCATION_REASON_NUMBER[reason]),
    invalidityDates: Float64Array.from(list, ({ invalidityDate }) => invalidityDate?.getTime() ?? Number.NaN),
  }
}

/** INTEGER: no superfluous zero octets, and one in front where the number would look negative. */
function writeSerial(out: Uint8Array, start: number, serials: Uint8Array, begin: number, end: number): number {
  let from = begin
  while (from < end - 1 && serials[from] === 0) from++
  const zero = (serials[from] ?? 0) >= 0x80 ? 1 : 0
  const length = end - from + zero
  if (length < 1 || length > 41) throw new DerError('a serial of no or of more than 40 octets')
  let at = start
  out[at++] = TAG.integer
  out[at++] = length
  if (zero) out[at++] = 0
  for (let i = from; i < end; i++) out[at++] = serials[i] ?? 0
  return at
}

const FIRST_GENERALIZED = Date.UTC(2050, 0, 1)

/** As encodeTime() in time.ts. */
function writeTime(out: Uint8Array, at: number, milliseconds: number): number {
  if (!(milliseconds < FIRST_GENERALIZED)) return writeGeneralizedTime(out, at, milliseconds)
  out[at] = TAG.utcTime
  out[at + 1] = 13
  return writeMoment(out, at + 2, milliseconds, 2)
}

function writeGeneralizedTime(out: Uint8Array, at: number, milliseconds: number): number {
  out[at] = TAG.generalizedTime
  out[at + 1] = 15
  return writeMoment(out, at + 2, milliseconds, 0)
}

const DAY_SECONDS = 86_400
const ZERO = 0x30
/** YYYYMMDD of days since 1970: the entries of a list share few, in no order. */
const days = new Map<number, string>()
const MOST_DAYS = 10_000

/** YYYYMMDDHHMMSSZ without the first `skipped` digits. */
function writeMoment(out: Uint8Array, start: number, milliseconds: number, skipped: number): number {
  const seconds = Math.floor(milliseconds / 1000)
  const number = Math.floor(seconds / DAY_SECONDS)
  const digits = days.get(number) ?? newDay(number, milliseconds)
  let at = start
  for (let i = skipped; i < 8; i++) out[at++] = digits.charCodeAt(i)
  const rest = seconds - number * DAY_SECONDS
  at = writePair(out, at, Math.floor(rest / 3600))
  at = writePair(out, at, Math.floor(rest / 60) % 60)
  at = writePair(out, at, rest % 60)
  out[at++] = 0x5a
  return at
}

function newDay(number: number, milliseconds: number): string {
  if (!(milliseconds >= Date.UTC(1950, 0, 1) && milliseconds < Date.UTC(10_000, 0, 1)))
    throw new DerError('a date X.509 cannot write')
  const digits = new Date(milliseconds).toISOString().slice(0, 10).replaceAll('-', '')
  if (days.size >= MOST_DAYS) days.clear()
  days.set(number, digits)
  return digits
}

function writePair(out: Uint8Array, at: number, value: number): number {
  out[at] = ZERO + Math.floor(value / 10)
  out[at + 1] = ZERO + (value % 10)
  return at + 2
}

/** Extension { reasonCode, OCTET STRING { ENUMERATED } }; the number follows. */
const REASON = Buffer.from('300a0603551d1504030a01', 'hex')
/** Extension { invalidityDate, OCTET STRING { GeneralizedTime } }; the time follows. */
const INVALIDITY = Buffer.from('30180603551d180411', 'hex')
const INVALIDITY_BYTES = 26

/** crlEntryExtensions. `unspecified` is said by saying nothing (RFC 5280 §5.3.1); without any there is no list of them. */
function writeExtensions(out: Uint8Array, start: number, reason: number, invalidity: number): number {
  const dated = !Number.isNaN(invalidity)
  const length = (reason === 0 ? 0 : REASON.length + 1) + (dated ? INVALIDITY_BYTES : 0)
  if (length === 0) return start
  out[start] = TAG.sequence
  out[start + 1] = length
  let at = start + 2
  if (reason !== 0) {
    for (let i = 0; i < REASON.length; i++) out[at++] = REASON[i] ?? 0
    out[at++] = reason
  }
  if (!dated) return at
  for (let i = 0; i < INVALIDITY.length; i++) out[at++] = INVALIDITY[i] ?? 0
  return writeGeneralizedTime(out, at, invalidity)
}

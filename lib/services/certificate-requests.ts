/** What callers ask of certificates, checked: ids and serials, filters, page markers, reasons and comments. */
import { Refusal } from '@/lib/errors'
import type { CertificateListFilter, RevocationReason } from './certificates'
import { beginningOf } from './time-bounds'

export const REVOCATION_REASONS: readonly RevocationReason[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

const MAX_COMMENT = 500
const EARLIEST = new Date(0)
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Serials are read as people copy them: with colons or spaces, in either case. */
export function keyOf(idOrSerial: string): { id: string } | { serial: string } {
  const text = idOrSerial.trim()
  return UUID.test(text) ? { id: text.toLowerCase() } : { serial: text.replace(/[\s:\0]/g, '').toUpperCase() }
}

export function checkedFilter(filter: CertificateListFilter): CertificateListFilter {
  // No text of the database has it, and it would not even take the question.
  if (Object.values(filter).some((value) => typeof value === 'string' && value.includes('\0')))
    refuse('filter', 'Leave out control characters.')
  if (filter.deviceId !== undefined && !UUID.test(filter.deviceId))
    refuse('device', 'A device is named by its id here.')
  for (const name of ['endsFrom', 'endsTo', 'issuedFrom', 'issuedTo'] as const)
    if (filter[name] !== undefined && beginningOf(filter[name]) === undefined)
      refuse(name, 'This is a day such as 2026-03-01, or a moment such as 2026-03-01T10:30:00Z.')
  const search = filter.search?.normalize('NFC').trim() ?? ''
  const { search: _, ...others } = filter
  if (search === '') return others
  if ([...search].length < 3) refuse('search', 'Search for at least three characters.')
  if (search.length > 256) refuse('search', 'Search for at most 256 characters.')
  return { ...others, search }
}

export function checkedReason(reason: RevocationReason): RevocationReason {
  if (REVOCATION_REASONS.includes(reason)) return reason
  return refuse('reason', `The reason is one of ${REVOCATION_REASONS.join(', ')}.`)
}

export function checkedComment(comment: string | undefined): string | null {
  const text = comment?.normalize('NFC').trim() ?? ''
  if (text === '') return null
  if (text.length > MAX_COMMENT) refuse('comment', `Use at most ${MAX_COMMENT} characters.`)
  if (/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(text)) refuse('comment', 'Leave out control characters.')
  return text
}

/** RFC 5280 §5.3.2: it may lie before the revocation, and only a compromise has a moment worth naming. */
export function checkedInvalidityDate(date: Date | undefined, reason: RevocationReason, now: Date): Date | null {
  if (date === undefined) return null
  if (reason !== 'keyCompromise')
    refuse('invalidity_date', 'Only a key compromise has a date since when the key was compromised.', 'invalidityDate')
  if (date > now) refuse('invalidity_date', 'The date of the compromise cannot be ahead.', 'invalidityDate')
  // A list with a date that X.509 cannot write is never built again, and nobody could take the date back.
  if (!(date >= EARLIEST)) refuse('invalidity_date', 'No key is older than 1970.', 'invalidityDate')
  return date
}

function refuse(field: string, sentence: string, shown = field): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [shown]: sentence } })
}

export function cursorOf({ createdAt, id }: { createdAt: Date; id: string }): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`, 'utf8').toString('base64url')
}

export function parseCursor(cursor: string): { createdAt: Date; id: string } {
  const [time, id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  const createdAt = new Date(Number(time))
  if (Number.isNaN(createdAt.getTime()) || !UUID.test(id))
    refuse('cursor', 'This page marker is not one of ours. Start from the first page.')
  return { createdAt, id }
}

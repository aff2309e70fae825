/** Audit events as audit_append_all() takes them: their canonical JSON before and after the place of the time. */
import type { AuditEntry } from '@/lib/services/audit'
import { canonicalEvent } from '@/lib/services/audit-events'

export function eventTexts(events: readonly AuditEntry[]): { before: string[]; after: string[] } {
  const canonical = events.map(canonicalEvent)
  return {
    before: canonical.map(({ beforeTime }) => beforeTime),
    after: canonical.map(({ afterTime }) => afterTime),
  }
}

export type EventTexts = ReturnType<typeof eventTexts>

/** As two parameters, for separated() in the statement. */
export function joinedEventTexts(texts: readonly EventTexts[]): { before: string; after: string } {
  return {
    before: joined(texts.flatMap(({ before }) => before)),
    after: joined(texts.flatMap(({ after }) => after)),
  }
}

const SEPARATOR = '\x1f'
/**
 * JSON texts as one parameter: as elements of an array, every quote in them would be escaped and read back. A control character
 * never stands in JSON as itself.
 */
export const joined = (texts: readonly string[]): string => texts.join(SEPARATOR)
/** The array in a parameter that holds joined texts. */
export const separated = (parameter: string): string => `string_to_array(${parameter}::text, chr(31))`

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

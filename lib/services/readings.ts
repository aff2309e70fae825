/**
 * Reading that leaves a trace: what some pages show is about people, or would help whoever attacks. That a person opened one
 * is recorded before it is shown, once in a quarter of an hour for each page and person.
 */
import type { Actor } from './actor'
import type { AuditObject, AuditService } from './audit'
import type { AuditStore } from './audit-trail'
import type { SubjectAlternativeName } from './challenges'

export interface ReadingsService {
  /** Throws `unavailable` when it cannot be recorded: then nothing is shown. */
  note(actor: Actor, read: AuditObject & { id: string; name: string }): Promise<void>
}

interface ReadingsDeps {
  store: Pick<AuditStore, 'newest'>
  audit: Pick<AuditService, 'record'>
  clock: () => Date
}

const QUIET_MS = 15 * 60_000

export function createReadings({ store, audit, clock }: ReadingsDeps): ReadingsService {
  return {
    async note(actor, object) {
      // Programs read by their API keys, whose use is on record by itself; only people have eyes.
      if (actor.type !== 'user' || actor.id === null) return
      const from = new Date(clock().getTime() - QUIET_MS)
      const again = { types: ['audit.read'], actorId: actor.id, objectType: object.type, objectId: object.id, from }
      const [already] = await store.newest(again, null, 1)
      if (already) return
      await audit.record({ type: 'audit.read', outcome: 'success', actor, object, data: { role: actor.role } })
    },
  }
}

/** Certificates of people, whose name or address stands in them, as against those of machines. */
export function namesPerson({ subject, san }: { subject: string; san: readonly SubjectAlternativeName[] }): boolean {
  return san.some(({ type }) => type === 'email' || type === 'upn') || /[^\s@]@[^\s@]/.test(subject)
}

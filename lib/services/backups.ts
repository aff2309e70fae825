/**
 * When the database was last backed up, as whoever makes the backups says: Latchkey cannot look into other people's storage. The
 * record is an audit event, and the newest of its kind is what the overview shows.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditService } from './audit'
import { eventView } from './audit-events'
import type { AuditStore } from './audit-trail'
import { authorise } from './permissions'

export interface BackupRecord {
  at: Date
  /** Where it lies, or what made it, in somebody's own words. */
  note: string | null
  by: string
}

export interface BackupsService {
  /** To be called when a backup is complete. Refusals: invalid_input (note). */
  record(actor: Actor, request: { note?: string }): Promise<BackupRecord>
  latest(actor: Actor): Promise<BackupRecord | null>
}

export interface BackupsDeps {
  store: Pick<AuditStore, 'newest'>
  audit: Pick<AuditService, 'record'>
  clock: () => Date
}

const MOST_NOTE = 200

export function createBackups({ store, audit, clock }: BackupsDeps): BackupsService {
  return {
    async record(actor, { note: given = '' }) {
      authorise(actor, 'backup:record')
      const note = given.normalize('NFC').trim()
      if (note.length > MOST_NOTE || /[\p{Cc}\p{Cs}]/u.test(note)) throw unfit()
      await audit.record({
        type: 'system.backup_recorded',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: 'backup' },
        ...(note === '' ? {} : { data: { note } }),
      })
      return { at: clock(), note: note === '' ? null : note, by: actor.name }
    },

    async latest(actor) {
      authorise(actor, 'overview:read')
      const [row] = await store.newest({ types: ['system.backup_recorded'] }, null, 1)
      if (row === undefined) return null
      const { time, data, actor: by } = eventView(row)
      return { at: time, note: typeof data.note === 'string' ? data.note : null, by: by.name }
    },
  }
}

function unfit(): Refusal {
  const sentence = `Use at most ${MOST_NOTE} characters for the note, and no control characters.`
  return new Refusal('invalid_input', sentence, { reason: 'invalid_note', fields: { note: sentence } })
}

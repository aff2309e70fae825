/** How long the flight recorder keeps what it saw: a setting of the installation. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorise } from './permissions'

export interface Retention {
  /** Days for exchanges that ended well. */
  issuedDays: number
  /** Days for refusals and failures. */
  failedDays: number
}

export const RETENTION_DEFAULTS: Retention = { issuedDays: 30, failedDays: 90 }
export const RETENTION_DAYS = { least: 1, most: 730 }

export interface RetentionStore {
  retention(): Promise<Retention>
  /** Together with the event. */
  setRetention(retention: Retention, event: AuditEntry): Promise<void>
}

export interface RetentionService {
  get(actor: Actor): Promise<Retention>
  /** Holds for what is kept, at the next run of the job, and for what comes. */
  set(actor: Actor, retention: Retention): Promise<Retention>
}

export function createRetention({ store }: { store: RetentionStore }): RetentionService {
  return {
    async get(actor) {
      authorise(actor, 'retention:read')
      return store.retention()
    },

    async set(actor, { issuedDays, failedDays }) {
      authorise(actor, 'retention:manage')
      const wanted = {
        issuedDays: checkedDays('issuedDays', issuedDays),
        failedDays: checkedDays('failedDays', failedDays),
      }
      const before = await store.retention()
      const fields = (['issuedDays', 'failedDays'] as const).filter((field) => before[field] !== wanted[field])
      if (fields.length === 0) return before
      await store.setRetention(wanted, {
        type: 'system.retention_changed',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: 'flight recorder' },
        change: { fields, before: { ...before }, after: { ...wanted } },
      })
      return wanted
    },
  }
}

function checkedDays(field: string, days: number): number {
  const { least, most } = RETENTION_DAYS
  if (Number.isInteger(days) && days >= least && days <= most) return days
  const sentence = `Keep them from ${least} to ${most} days.`
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_retention', fields: { [field]: sentence } })
}

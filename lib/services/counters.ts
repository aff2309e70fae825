/** Counting what strangers try, in the database, so that every instance counts alike. */
import { Refusal } from '@/lib/errors'
import type { CounterStore } from './access-store'
import type { Actor } from './actor'
import type { AuditEntry, AuditService } from './audit'
import { sourceOf } from './source-address'

export interface CounterDeps {
  store: CounterStore
  audit: Pick<AuditService, 'record'>
  clock: () => Date
}

export interface Counters {
  limit(key: string, limit: number, windowSeconds: number): Promise<void>
  /** Whether limit() would throw now. Nothing is counted. */
  isReached(key: string, limit: number, windowSeconds: number): Promise<boolean>
  /**
   * Records a refusal: the first 20 per source and minute one by one; the job `prune` adds one event
   * with the exact number of the others (audit-and-siem.md §4), so that a flood cannot fill the trail.
   */
  recordRefusal(entry: AuditEntry): Promise<void>
}

/** Keys of refusals counted instead of recorded: flood:{minute}:{type}:{source}. */
export const FLOOD_PREFIX = 'flood:'
export const FLOOD_WINDOW_SECONDS = 60
export const FLOOD_RECORDED = 20

export function createCounters({ store, audit, clock }: CounterDeps): Counters {
  return {
    async limit(key, limit, windowSeconds) {
      const now = clock()
      const { count, windowStart } = await store.count(key, now, windowSeconds)
      if (count <= limit) return
      const windowEnd = windowStart.getTime() + windowSeconds * 1000
      // Once per window: a flood of refusals must not become a flood of events.
      if (count === limit + 1) await audit.record(limitReached(key, limit, windowSeconds))
      throw tooMany(new Date(windowEnd), now)
    },

    async isReached(key, limit, windowSeconds) {
      return (await store.standing(key, clock(), windowSeconds)) >= limit
    },

    async recordRefusal(entry) {
      const now = clock()
      const minute = Math.floor(now.getTime() / (FLOOD_WINDOW_SECONDS * 1000))
      // By person where one is known: a noisy colleague at the same address must not hide what another was denied.
      const key = `${FLOOD_PREFIX}${minute}:${entry.type}:${entry.actor.id ?? sourceOf(entry.actor.ip)}`
      const { count } = await store.count(key, now, FLOOD_WINDOW_SECONDS * 2)
      if (count <= FLOOD_RECORDED) await audit.record(entry)
    },
  }
}

/** One sentence for every limit. Rounded up to minutes, so that it reads well and says no more than needed. */
export function tooMany(until: Date, now: Date): Refusal {
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
  const minutes = Math.ceil(seconds / 60)
  return new Refusal(
    'rate_limited',
    `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    {
      retryAfterSeconds: seconds,
    },
  )
}

export function limitReached(bucket: string, limit: number, windowSeconds: number): AuditEntry {
  return {
    type: 'system.rate_limited',
    outcome: 'denied',
    reason: 'limit_reached',
    actor: latchkey('limits'),
    object: { type: 'system', id: null },
    data: { bucket, limit, windowSeconds },
  }
}

/** The installation speaking for itself, where no request has an actor. It holds no role. */
export function latchkey(requestId: string): Actor {
  return { type: 'system', id: null, name: 'Latchkey', role: null, via: 'job', ip: null, userAgent: null, requestId }
}

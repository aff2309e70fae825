/** What Postgres forgets, and when: answers kept for a repeat, counters, sessions long over. */
import type { PruneStore } from '@/lib/services/access-store'
import { type Database, transact } from './database'

export function pruneStore(db: Database): PruneStore {
  return {
    async deleteIdempotentRequests(before) {
      return (await db.idempotentRequest.deleteMany({ where: { createdAt: { lt: before } } })).count
    },

    async deleteCounters(before, now, except) {
      const idle = { windowStart: { lt: before }, OR: [{ blockedUntil: null }, { blockedUntil: { lte: now } }] }
      return (await db.rateLimit.deleteMany({ where: { ...idle, NOT: { key: { startsWith: except } } } })).count
    },

    takeFloods: (prefix, before, eventsOf) =>
      transact(db, async (tx) => {
        const floods = await tx.$queryRaw<{ key: string; count: number; windowStart: Date }[]>`
          delete from rate_limit where starts_with(key, ${prefix}) and window_start < ${before}::timestamptz
          returning key, count, window_start as "windowStart"`
        return { result: floods.length, events: eventsOf(floods) }
      }),

    async deleteStatusChanges(before) {
      return (await db.statusChange.deleteMany({ where: { changedAt: { lt: before } } })).count
    },

    async deleteSessions(endedBefore) {
      return (await db.session.deleteMany({ where: { endedAt: { lt: endedBefore } } })).count
    },
  }
}

/** Counters and delays in Postgres: one upsert each, so that callers at the same instant are counted exactly. */
import type { CounterStore } from '@/lib/services/access-store'
import type { Database } from './database'
import { Prisma } from './generated/client'

export function counterStore(db: Database): CounterStore {
  return {
    async count(key, now, windowSeconds) {
      const [row] = await db.$queryRaw<{ count: number; windowStart: Date }[]>`
        insert into rate_limit (key, count, window_start) values (${key}, 1, ${now}::timestamptz)
        on conflict (key) do update set
          count = ${countInWindow(now, windowSeconds)},
          window_start = ${startOfWindow(now, windowSeconds)}
        returning count, window_start as "windowStart"`
      if (!row) throw new Error('a counter returned nothing')
      return row
    },

    async attempt(key, now, { windowSeconds, from, delaySeconds }) {
      const count = countInWindow(now, windowSeconds)
      const [counted] = await db.$queryRaw<{ count: number; blockedUntil: Date | null }[]>`
        insert into rate_limit (key, count, window_start) values (${key}, 1, ${now}::timestamptz)
        on conflict (key) do update set
          count = ${count},
          window_start = ${startOfWindow(now, windowSeconds)},
          blocked_until = ${now}::timestamptz + make_interval(secs =>
            (${[...delaySeconds]}::int[])[least(${count} - ${from}::int + 1, ${delaySeconds.length}::int)])
        where rate_limit.blocked_until is null or rate_limit.blocked_until <= ${now}::timestamptz
        returning count, blocked_until as "blockedUntil"`
      if (counted) return { allowed: true, ...counted }
      const standing = await db.rateLimit.findUnique({ where: { key }, select: { count: true, blockedUntil: true } })
      return { allowed: false, count: standing?.count ?? 0, blockedUntil: standing?.blockedUntil ?? null }
    },

    async takeBack(key, { from }) {
      await db.$executeRaw`
        update rate_limit set count = greatest(count - 1, 0),
          blocked_until = case when count - 1 < ${from}::int then null else blocked_until end
        where key = ${key}`
    },

    async forget(prefix) {
      await db.rateLimit.deleteMany({ where: { key: { startsWith: prefix } } })
    },
  }
}

function countInWindow(now: Date, windowSeconds: number): Prisma.Sql {
  return Prisma.sql`case when ${isOver(now, windowSeconds)} then 1 else rate_limit.count + 1 end`
}

function startOfWindow(now: Date, windowSeconds: number): Prisma.Sql {
  return Prisma.sql`case when ${isOver(now, windowSeconds)} then ${now}::timestamptz else rate_limit.window_start end`
}

function isOver(now: Date, windowSeconds: number): Prisma.Sql {
  return Prisma.sql`rate_limit.window_start <= ${now}::timestamptz - make_interval(secs => ${windowSeconds}::int)`
}

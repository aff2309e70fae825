/** Counters and delays in Postgres: one upsert each, so that callers at the same instant are counted exactly. */
import type { CounterStore } from '@/lib/services/access-store'
import { type Database, hotPool } from './database'
import { Prisma } from './generated/client'
import { together } from './together'

export function counterStore(db: Database): CounterStore {
  const count = countTogether(db)
  return {
    count: (key, now, windowSeconds) => count({ key, now, windowSeconds }),

    async standing(key, now, windowSeconds) {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        select count from rate_limit where key = ${key} and not (${isOver(now, windowSeconds)})`
      return row?.count ?? 0
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

interface Counted {
  key: string
  now: Date
  windowSeconds: number
}

/**
 * Counts of the same moment go in one statement, a key only once: those who share it are numbered as if they had come one
 * by one. It does not wait for the disk, for a count that a crash of the database takes with it is a fraction of a second
 * of one window.
 */
function countTogether(db: Database): (counted: Counted) => Promise<{ count: number; windowStart: Date }> {
  return together(async (all: Counted[]) => {
    const perKey = Map.groupBy(all, ({ key }) => key)
    const newest = [...perKey].map(([key, same]) => ({
      key,
      times: same.length,
      now: new Date(Math.max(...same.map(({ now }) => now.getTime()))),
      windowSeconds: same[0]?.windowSeconds ?? 0,
    }))
    const { rows } = await hotPool(db).query<{ key: string; count: number; windowStart: Date }>({
      name: 'count-together',
      text: `
        insert into rate_limit as r (key, count, window_start)
        select key, times, now from unnest($1::text[], $2::int[], $3::timestamptz[]) as i(key, times, now) order by key
        on conflict (key) do update set
          count = case when r.window_start <= excluded.window_start - make_interval(secs => ${windowOf}) then excluded.count
            else r.count + excluded.count end,
          window_start = case when r.window_start <= excluded.window_start - make_interval(secs => ${windowOf})
            then excluded.window_start else r.window_start end
        returning key, count, window_start as "windowStart", set_config('synchronous_commit', 'off', true)`,
      values: [
        newest.map(({ key }) => key),
        newest.map(({ times }) => times),
        newest.map(({ now }) => now),
        newest.map(({ windowSeconds }) => windowSeconds),
      ],
    })
    const after = new Map(rows.map(({ key, ...standing }) => [key, standing]))
    const seen = new Map<string, number>()
    return all.map(({ key }) => {
      const place = (seen.get(key) ?? 0) + 1
      seen.set(key, place)
      const standing = after.get(key)
      if (standing === undefined) throw new Error('a counter returned nothing')
      return { ...standing, count: standing.count - (perKey.get(key)?.length ?? 1) + place }
    })
  })
}

/** The window of the key that is being counted; keys are few in one statement. */
const windowOf = '($4::int[])[array_position($1::text[], r.key)]'

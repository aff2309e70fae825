/** Sessions in Postgres: each request reads session and user in one statement, so every end holds at once. */
import type { IdleSeconds, LapsedSession, LiveSession, NewSession, SessionStore } from '@/lib/services/access-store'
import type { PersonRole } from '@/lib/services/actor'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { USER_VIEW, userView } from './users'

/** Enough to know where somebody signed in before. */
const SOURCES_REMEMBERED = 50
/** What one run of the job ends at once, events included. */
const LAPSED_AT_ONCE = 200
const LIST_LIMIT = 500

export function sessionStore(db: Database): SessionStore {
  return {
    async account(emailNormalised) {
      const row = await db.user.findUnique({
        where: { emailNormalised },
        select: {
          ...USER_VIEW,
          passwordHash: true,
          sessions: { select: { sourceIp: true }, orderBy: { createdAt: 'desc' }, take: SOURCES_REMEMBERED },
        },
      })
      if (!row) return null
      const { passwordHash, sessions, ...user } = row
      return { user: userView(user), passwordHash, sources: sessions.map((session) => session.sourceIp) }
    },

    startSession: (session, condition, eventsOf) =>
      transact(db, async (tx) => {
        const { passwordHash, newHash, atMost } = condition
        // The user's row is locked by this update: of many sign-ins at once each sees the sessions of the others.
        const { count } = await tx.user.updateMany({
          where: { id: session.userId, passwordHash, disabledAt: null },
          data: { lastSignInAt: session.createdAt, ...(newHash === null ? {} : { passwordHash: newHash }) },
        })
        if (count !== 1) return { result: false, events: [] }
        await tx.session.create({ data: { ...sessionRow(session), lastSeenAt: session.createdAt } })
        return { result: true, events: eventsOf(await endOldest(tx, session, atMost)) }
      }),

    async liveSession(tokenHash, now, idle) {
      const [session] = await db.$queryRaw<LiveSession[]>`
        with found as (
          select s.id, s.last_seen_at, u.id as user_id, u.name, u.email, u.role, ${GROUPS} as groups
          from session s join "user" u on u.id = s.user_id
          where s.token_hash = ${tokenHash} and s.ended_at is null and s.expires_at > ${now}::timestamptz
            and u.disabled_at is null and s.last_seen_at > ${idleSince(now, idle)}
        ), seen as (
          update session set last_seen_at = ${now}::timestamptz from found
          where session.id = found.id and session.ended_at is null
            and session.last_seen_at <= ${now}::timestamptz - interval '1 minute'
        )
        select id::text, user_id::text as "userId", name, email, role::text, groups from found`
      return session ?? null
    },

    endSession: (which, now, reason, eventsOf) =>
      transact(db, async (tx) => {
        const [ended] = await tx.$queryRaw<LiveSession[]>`
          update session s set ended_at = ${now}::timestamptz, ended_reason = ${reason} from "user" u
          where u.id = s.user_id and s.ended_at is null and ${whichSession(which)}
          returning s.id::text, u.id::text as "userId", u.name, u.email, u.role::text, ${GROUPS} as groups`
        return { result: ended ?? null, events: ended ? eventsOf(ended) : [] }
      }),

    async sessions(now, idle, userId) {
      const rows = await db.session.findMany({
        where: {
          ...(userId === null ? {} : { userId }),
          endedAt: null,
          expiresAt: { gt: now },
          OR: ROLES.map((role) => ({
            lastSeenAt: { gt: new Date(now.getTime() - idle[role] * 1000) },
            user: { role, disabledAt: null },
          })),
        },
        orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }],
        take: LIST_LIMIT,
        select: {
          id: true,
          userId: true,
          user: { select: { name: true } },
          createdAt: true,
          lastSeenAt: true,
          expiresAt: true,
          sourceIp: true,
          userAgent: true,
        },
      })
      return rows.map(({ user, ...session }) => ({ ...session, userName: user.name }))
    },

    endLapsedSessions: (now, idle, eventOf) =>
      transact(db, async (tx) => {
        const lapsed = await tx.$queryRaw<LapsedSession[]>`
          with lapsed as (
            select s.id from session s join "user" u on u.id = s.user_id
            where s.ended_at is null
              and (s.expires_at <= ${now}::timestamptz or s.last_seen_at <= ${idleSince(now, idle)})
            order by s.created_at limit ${LAPSED_AT_ONCE} for update of s skip locked
          )
          update session s set ended_at = ${now}::timestamptz,
            ended_reason = case when s.expires_at <= ${now}::timestamptz then 'absolute' else 'idle' end
          from lapsed, "user" u where s.id = lapsed.id and u.id = s.user_id
          returning s.id::text, u.id::text as "userId", u.name, u.email, u.role::text, s.ended_reason as reason`
        return { result: lapsed.length, events: lapsed.map(eventOf) }
      }),
  }
}

const ROLES: readonly PersonRole[] = ['admin', 'operator', 'auditor']

/** Null for a user who is not limited; without rows, no group at all. */
const GROUPS = Prisma.sql`case when u.limited_to_groups then array(
  select g.slug from user_group m join "group" g on g.id = m.group_id where m.user_id = u.id order by g.slug) end`

function sessionRow({ id, tokenHash, userId, createdAt, expiresAt, sourceIp, userAgent }: NewSession) {
  return { id, tokenHash: new Uint8Array(tokenHash), userId, createdAt, expiresAt, sourceIp, userAgent }
}

/** Ends the sessions beyond the newest `atMost`. Returns how many. */
async function endOldest(tx: Transaction, { userId, createdAt }: NewSession, atMost: number): Promise<number> {
  const surplus = await tx.session.findMany({
    where: { userId, endedAt: null, expiresAt: { gt: createdAt } },
    orderBy: [{ createdAt: 'desc' }, { lastSeenAt: 'desc' }, { id: 'asc' }],
    skip: atMost,
    select: { id: true },
  })
  if (surplus.length === 0) return 0
  const { count } = await tx.session.updateMany({
    where: { id: { in: surplus.map((session) => session.id) }, endedAt: null },
    data: { endedAt: createdAt, endedReason: 'too_many_sessions' },
  })
  return count
}

/** The moment since which a session must have been seen, by the role its user has now. */
function idleSince(now: Date, idle: IdleSeconds): Prisma.Sql {
  return Prisma.sql`${now}::timestamptz - make_interval(secs =>
    case u.role when 'admin' then ${idle.admin}::int when 'operator' then ${idle.operator}::int else ${idle.auditor}::int end)`
}

function whichSession(which: { tokenHash: Uint8Array } | { id: string; userId?: string }): Prisma.Sql {
  if ('tokenHash' in which) return Prisma.sql`s.token_hash = ${which.tokenHash}`
  if (which.userId === undefined) return Prisma.sql`s.id = ${which.id}::uuid`
  return Prisma.sql`s.id = ${which.id}::uuid and s.user_id = ${which.userId}::uuid`
}

/** The store of people, sessions, keys and counters in memory. One contract suite runs on it and on Postgres. */
import type {
  AccessStore,
  IdempotentAnswer,
  LiveSession,
  NewSession,
  PruneStore,
  UserRow,
} from '@/lib/services/access-store'
import type { ApiKeyView, UserView } from '@/lib/services/access-types'
import type { AuditEntry } from '@/lib/services/audit'
import { canonicalEvent } from '@/lib/services/audit-events'
import type { PeopleStore } from './people'

type StoredUser = UserRow & { emailNormalised: string }
type StoredSession = NewSession & { lastSeenAt: Date; endedAt: Date | null }
type StoredKey = ApiKeyView & { keyHash: Uint8Array }
type StoredAnswer = IdempotentAnswer & { apiKeyId: string; keyHash: Uint8Array; createdAt: Date }
/** Those of this world. */
const ENDPOINTS = [{ slug: 'staff', name: 'Staff' }]
const GROUPS = [
  { slug: 'guests', name: 'Guests' },
  { slug: 'staff', name: 'Staff' },
]
interface StoredCounter {
  count: number
  windowStart: Date
  blockedUntil: Date | null
}

/** JavaScript runs each verb to its end before the next one begins, which is all the atomicity there is. */
export function memoryPeople(): PeopleStore {
  const events: AuditEntry[] = []
  const append = (entries: AuditEntry[]) => void events.push(...entries)
  const store = memoryStore(append)
  return {
    store,
    record: async (entry) => append([entry]),
    recorded: async () =>
      events.map(({ type, outcome, reason }) => ({ type, outcome, ...(reason === undefined ? {} : { reason }) })),
    wholeTrail: async () =>
      events.map((event) => canonicalEvent(event).beforeTime + canonicalEvent(event).afterTime).join('\n'),
  }
}

function memoryStore(append: (entries: AuditEntry[]) => void): AccessStore & PruneStore {
  const users: StoredUser[] = []
  const sessions: StoredSession[] = []
  const keys: StoredKey[] = []
  const counters = new Map<string, StoredCounter>()
  let answers: StoredAnswer[] = []

  const userOf = (id: string) => users.find((user) => user.id === id)
  const live = (session: StoredSession): LiveSession | null => {
    const user = userOf(session.userId)
    if (!user) return null
    const { id: userId, name, email, role } = user
    return { id: session.id, userId, name, email, role, groups: user.groups?.map(({ slug }) => slug) ?? null }
  }
  const endAll = (userId: string, keep: string | null, now: Date) => {
    const open = sessions.filter((session) => session.userId === userId && !session.endedAt && session.id !== keep)
    for (const session of open) session.endedAt = now
    return open.length
  }
  const counted = (key: string, now: Date, windowSeconds: number) => {
    const known = counters.get(key)
    const over = !known || known.windowStart.getTime() <= now.getTime() - windowSeconds * 1000
    const counter = over ? { count: 1, windowStart: now, blockedUntil: null } : { ...known, count: known.count + 1 }
    counters.set(key, counter)
    return counter
  }

  return {
    async account(emailNormalised) {
      const user = users.find((one) => one.emailNormalised === emailNormalised)
      if (!user) return null
      const sources = sessions.filter((session) => session.userId === user.id).map((session) => session.sourceIp)
      return { user: viewOf(user), passwordHash: user.passwordHash, sources }
    },
    async startSession(session, { passwordHash, newHash, atMost }, eventsOf) {
      const user = userOf(session.userId)
      if (!user || user.disabledAt || user.passwordHash !== passwordHash) return false
      if (newHash) user.passwordHash = newHash
      user.lastSignInAt = session.createdAt
      sessions.unshift({ ...session, lastSeenAt: session.createdAt, endedAt: null })
      const open = sessions.filter((one) => one.userId === user.id && !one.endedAt && one.expiresAt > session.createdAt)
      for (const oldest of open.slice(atMost)) oldest.endedAt = session.createdAt
      append(eventsOf(Math.max(0, open.length - atMost)))
      return true
    },
    async liveSession(tokenHash, now, idle) {
      const session = sessions.find((one) => same(one.tokenHash, tokenHash))
      const user = session && userOf(session.userId)
      if (!session || !user || session.endedAt || user.disabledAt || session.expiresAt <= now) return null
      if (session.lastSeenAt.getTime() <= now.getTime() - idle[user.role] * 1000) return null
      if (session.lastSeenAt.getTime() <= now.getTime() - 60_000) session.lastSeenAt = now
      return live(session)
    },
    async endSession(which, now, _reason, eventsOf) {
      const session = sessions.find((one) =>
        'tokenHash' in which
          ? same(one.tokenHash, which.tokenHash)
          : one.id === which.id && (which.userId ?? one.userId) === one.userId,
      )
      const ended = session && !session.endedAt ? live(session) : null
      if (!session || !ended) return null
      session.endedAt = now
      append(eventsOf(ended))
      return ended
    },
    async sessions(now, idle, userId) {
      return sessions
        .filter((one) => (userId ?? one.userId) === one.userId && !one.endedAt && one.expiresAt > now)
        .flatMap((one) => {
          const user = userOf(one.userId)
          if (!user || user.disabledAt || one.lastSeenAt.getTime() <= now.getTime() - idle[user.role] * 1000) return []
          const { id, createdAt, lastSeenAt, expiresAt, sourceIp, userAgent } = one
          return [{ id, userId: user.id, userName: user.name, createdAt, lastSeenAt, expiresAt, sourceIp, userAgent }]
        })
    },
    async endLapsedSessions(now, idle, eventOf) {
      let ended = 0
      for (const session of sessions) {
        const user = live(session)
        if (!user || session.endedAt) continue
        const absolute = session.expiresAt <= now
        if (!absolute && session.lastSeenAt.getTime() > now.getTime() - idle[user.role] * 1000) continue
        session.endedAt = now
        append([eventOf({ ...user, reason: absolute ? 'absolute' : 'idle' })])
        ended += 1
      }
      return ended
    },

    users: async () => users.map(viewOf),
    async user(id) {
      const user = userOf(id)
      return user ? { ...viewOf(user), passwordHash: user.passwordHash } : null
    },
    async createUser(user, entries) {
      if (users.some((one) => one.emailNormalised === user.emailNormalised)) return 'email_taken'
      const groups = user.groups && groupsNamed(user.groups)
      if (user.groups && !groups) return 'group_unknown'
      const stored = { ...user, groups, lastSignInAt: null, disabledAt: null }
      users.push(stored)
      append(entries)
      return viewOf(stored)
    },
    async changeUser(id, change, now, eventsOf) {
      const user = userOf(id)
      if (!user) return 'not_found'
      const before = viewOf(user)
      const disabledAt =
        change.disabled === undefined ? before.disabledAt : change.disabled ? (before.disabledAt ?? now) : null
      const after = { ...before, name: change.name ?? before.name, role: change.role ?? before.role, disabledAt }
      const active = (one: UserView) => one.role === 'admin' && !one.disabledAt
      if (active(before) && !active(after) && !users.some((one) => one.id !== id && active(one))) return 'last_admin'
      if (change.groups && after.role !== 'operator') return 'not_operator'
      const groups = change.groups === undefined ? before.groups : change.groups && groupsNamed(change.groups)
      if (change.groups && !groups) return 'group_unknown'
      after.groups = after.role === 'operator' ? groups : null
      Object.assign(user, after)
      const regrouped = JSON.stringify(before.groups) !== JSON.stringify(after.groups)
      const losesRights = before.role !== after.role || regrouped || (!before.disabledAt && disabledAt)
      append(eventsOf(before, after, losesRights ? endAll(id, null, now) : 0))
      return after
    },
    async setPassword(id, { passwordHash, expectedHash, keepSession }, now, eventsOf) {
      const user = userOf(id)
      if (!user || (expectedHash !== null && user.passwordHash !== expectedHash)) return false
      user.passwordHash = passwordHash
      append(eventsOf(viewOf(user), endAll(id, keepSession, now)))
      return true
    },

    apiKeys: async () => keys.map(keyView),
    async createApiKey({ endpoints, groups, ...key }, entries) {
      const known = endpoints?.map((slug) => ENDPOINTS.find((each) => each.slug === slug)) ?? []
      if (known.includes(undefined)) return 'endpoint_unknown'
      const limitedTo = groups && groupsNamed(groups)
      if (groups && !limitedTo) return 'group_unknown'
      const stored = {
        ...key,
        endpoints: endpoints === null ? null : known.filter((each) => each !== undefined),
        groups: limitedTo,
      }
      keys.unshift(stored)
      append(entries)
      return keyView(stored)
    },
    async revokeApiKey(id, now, eventsOf) {
      const key = keys.find((one) => one.id === id)
      if (!key) return null
      const first = key.revokedAt === null
      key.revokedAt ??= now
      if (first) append(eventsOf(keyView(key)))
      return keyView(key)
    },
    async touchApiKey(keyHash, now) {
      const key = keys.find((one) => same(one.keyHash, keyHash))
      if (!key) return null
      const before = keyView(key)
      const lately = key.lastUsedAt !== null && key.lastUsedAt.getTime() > now.getTime() - 60_000
      if (!key.revokedAt && key.expiresAt > now && !lately) key.lastUsedAt = now
      return before
    },

    async count(key, now, windowSeconds) {
      const { count, windowStart } = counted(key, now, windowSeconds)
      return { count, windowStart }
    },
    async standing(key, now, windowSeconds) {
      const known = counters.get(key)
      return known && known.windowStart.getTime() > now.getTime() - windowSeconds * 1000 ? known.count : 0
    },
    async attempt(key, now, { windowSeconds, from, delaySeconds }) {
      const standing = counters.get(key)
      if (standing?.blockedUntil && standing.blockedUntil > now) {
        return { allowed: false, count: standing.count, blockedUntil: standing.blockedUntil }
      }
      const counter = counted(key, now, windowSeconds)
      const delay =
        counter.count < from ? undefined : delaySeconds[Math.min(counter.count - from, delaySeconds.length - 1)]
      counter.blockedUntil = delay === undefined ? null : new Date(now.getTime() + delay * 1000)
      return { allowed: true, count: counter.count, blockedUntil: counter.blockedUntil }
    },
    async takeBack(key, { from }) {
      const counter = counters.get(key)
      if (!counter) return
      counter.count = Math.max(0, counter.count - 1)
      if (counter.count < from) counter.blockedUntil = null
    },
    async forget(prefix) {
      for (const key of counters.keys()) if (key.startsWith(prefix)) counters.delete(key)
    },

    async claim({ apiKeyId, keyHash, requestHash }, now, { staleBefore, expiredBefore }) {
      const mine: StoredAnswer = { apiKeyId, keyHash, requestHash, createdAt: now, status: null, sealedBody: null }
      const standing = answers.find((one) => one.apiKeyId === apiKeyId && same(one.keyHash, keyHash))
      if (!standing) {
        answers.push(mine)
        return 'mine'
      }
      const crashed =
        standing.status === null && standing.createdAt < staleBefore && same(standing.requestHash, requestHash)
      if (!crashed && standing.createdAt >= expiredBefore) {
        return { requestHash: standing.requestHash, status: standing.status, sealedBody: standing.sealedBody }
      }
      Object.assign(standing, mine)
      return 'mine'
    },
    async finish({ apiKeyId, keyHash, claimedAt }, answer) {
      const mine = answers.find((one) => isClaim(one, apiKeyId, keyHash, claimedAt))
      if (mine) Object.assign(mine, answer)
    },
    async release({ apiKeyId, keyHash, claimedAt }) {
      answers = answers.filter((one) => !isClaim(one, apiKeyId, keyHash, claimedAt))
    },

    async deleteIdempotentRequests(before) {
      const all = answers.length
      answers = answers.filter((one) => one.createdAt >= before)
      return all - answers.length
    },
    async deleteCounters(before, now, except) {
      const old = [...counters].filter(
        ([key, { windowStart, blockedUntil }]) =>
          windowStart < before && (!blockedUntil || blockedUntil <= now) && !key.startsWith(except),
      )
      for (const [key] of old) counters.delete(key)
      return old.length
    },
    async takeFloods(prefix, before, eventsOf) {
      const floods = [...counters].filter(([key, { windowStart }]) => key.startsWith(prefix) && windowStart < before)
      for (const [key] of floods) counters.delete(key)
      append(eventsOf(floods.map(([key, { count, windowStart }]) => ({ key, count, windowStart }))))
      return floods.length
    },
    async deleteStatusChanges() {
      return 0
    },
    async deleteSessions(endedBefore) {
      const all = sessions.length
      const kept = sessions.filter((one) => !one.endedAt || one.endedAt >= endedBefore)
      sessions.splice(0, all, ...kept)
      return all - kept.length
    },
  }
}

function isClaim(one: StoredAnswer, apiKeyId: string, keyHash: Uint8Array, claimedAt: Date): boolean {
  const held = one.status === null && one.createdAt.getTime() === claimedAt.getTime()
  return held && one.apiKeyId === apiKeyId && same(one.keyHash, keyHash)
}

function groupsNamed(slugs: readonly string[]): { slug: string; name: string }[] | null {
  const found = GROUPS.filter(({ slug }) => slugs.includes(slug))
  return found.length === slugs.length ? found : null
}

function viewOf({ id, name, email, role, groups, createdAt, lastSignInAt, disabledAt }: StoredUser): UserView {
  return { id, name, email, role, groups, createdAt, lastSignInAt, disabledAt }
}

function keyView({ keyHash: _, ...view }: StoredKey): ApiKeyView {
  return { ...view }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Sessions: a row that every request reads, so that an end is an end at once, in every instance. */
import { Refusal } from '@/lib/errors'
import type { LapsedSession, SessionLife, SessionStore } from './access-store'
import type { AccessService } from './access-types'
import type { AuditEntry } from './audit'
import { latchkey } from './counters'
import { authorise, authoriseInGroups, can } from './permissions'
import { tokenHashOf, userActor } from './sign-in'

export interface SessionsDeps {
  store: SessionStore
  clock: () => Date
  life: SessionLife
}

/** 32 bytes, base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function createSessions({
  store,
  clock,
  life,
}: SessionsDeps): Pick<AccessService, 'actorOfSession' | 'signOut' | 'sessions' | 'endSession'> {
  return {
    async actorOfSession(origin, token) {
      if (!TOKEN.test(token)) return null
      const session = await store.liveSession(tokenHashOf(token), clock(), life.idleSeconds)
      return session ? userActor(origin, { ...session, id: session.userId }, session.id) : null
    },

    async signOut(origin, token) {
      if (!TOKEN.test(token)) return
      await store.endSession({ tokenHash: tokenHashOf(token) }, clock(), 'user', (session) => [
        {
          type: 'authn.logout',
          outcome: 'success',
          reason: 'user',
          actor: userActor(origin, { ...session, id: session.userId }, session.id),
          object: { type: 'user', id: session.userId, name: session.email },
        },
      ])
    },

    async sessions(actor, everyone = false) {
      if (everyone) authorise(actor, 'user:read')
      else authoriseInGroups(actor, 'overview:read')
      if (!everyone && (actor.type !== 'user' || actor.id === null)) return []
      return store.sessions(clock(), life.idleSeconds, everyone ? null : actor.id)
    },

    async endSession(actor, sessionId) {
      authoriseInGroups(actor, 'overview:read')
      const own = actor.type === 'user' && actor.id !== null ? { userId: actor.id } : null
      // Whoever may end only their own does not learn that another exists.
      const which = can(actor, 'session:manage') ? {} : own
      const ended =
        which && UUID.test(sessionId)
          ? await store.endSession({ id: sessionId, ...which }, clock(), 'revoked', (session) => [
              {
                type: 'authn.session.revoked',
                outcome: 'success',
                reason: 'revoked',
                actor,
                object: { type: 'user', id: session.userId, name: session.email },
                data: { count: 1, session: session.id },
              },
            ])
          : null
      if (!ended) throw new Refusal('not_found', 'This session has ended already.')
    },
  }
}

/** What the trail says when a session outlived its time. */
export function sessionLapsed(session: LapsedSession): AuditEntry {
  return {
    type: 'authn.logout',
    outcome: 'success',
    reason: session.reason,
    actor: latchkey('prune'),
    object: { type: 'user', id: session.userId, name: session.email },
    data: { session: session.id },
  }
}

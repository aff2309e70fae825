/** What people, sessions and API keys need of the database. Every verb checks and writes in one transaction. */
import type { ApiKeyView, SessionView, UserChange, UserView } from './access-types'
import type { PersonRole } from './actor'
import type { AuditEntry } from './audit'

/** A user as sign-in needs to know them. */
export interface Account {
  user: UserView
  passwordHash: string
  /** Addresses of earlier sessions. */
  sources: (string | null)[]
}

export interface NewSession {
  id: string
  tokenHash: Uint8Array
  userId: string
  createdAt: Date
  expiresAt: Date
  sourceIp: string | null
  userAgent: string | null
}

/** Seconds of idleness after which a session is over. */
export type IdleSeconds = Readonly<Record<PersonRole, number>>

export interface SessionLife {
  absoluteSeconds: number
  idleSeconds: IdleSeconds
}

export interface SessionStore {
  account(emailNormalised: string): Promise<Account | null>
  /**
   * Starts a session, if the user is enabled and the password still the one just checked, and ends the oldest beyond
   * `atMost`. `newHash` replaces a hash of weaker parameters. False if the user changed meanwhile.
   */
  startSession(
    session: NewSession,
    condition: { passwordHash: string; newHash: string | null; atMost: number },
    eventsOf: (ended: number) => AuditEntry[],
  ): Promise<boolean>
  /** The user of a live session, from both rows of this moment; notes at most once a minute that it was seen. */
  liveSession(tokenHash: Uint8Array, now: Date, idle: IdleSeconds): Promise<LiveSession | null>
  /** Ends a session that is not ended. Null if there is none. */
  endSession(
    which: { tokenHash: Uint8Array } | { id: string; userId?: string },
    now: Date,
    reason: string,
    eventsOf: (session: LiveSession) => AuditEntry[],
  ): Promise<LiveSession | null>
  sessions(now: Date, idle: IdleSeconds, userId: string | null): Promise<SessionView[]>
  /** Ends what outlived its time, so that the trail tells when. */
  endLapsedSessions(now: Date, idle: IdleSeconds, eventOf: (session: LapsedSession) => AuditEntry): Promise<number>
}

export interface LiveSession {
  id: string
  userId: string
  name: string
  email: string
  role: PersonRole
  /** Slugs of the groups to which an operator is limited; null for everybody else. */
  groups: readonly string[] | null
}

export interface LapsedSession extends Omit<LiveSession, 'groups'> {
  reason: 'idle' | 'absolute'
}

export interface UserRow extends UserView {
  passwordHash: string
}

export interface UserStore {
  users(): Promise<UserView[]>
  user(id: string): Promise<UserRow | null>
  createUser(
    user: {
      id: string
      name: string
      email: string
      emailNormalised: string
      role: PersonRole
      groups: readonly string[] | null
      passwordHash: string
      createdAt: Date
    },
    events: AuditEntry[],
  ): Promise<UserView | 'email_taken' | 'group_unknown'>
  /** Locks the enabled administrators first, so that of two who would leave none, one is refused. */
  changeUser(
    id: string,
    change: UserChange,
    now: Date,
    eventsOf: (before: UserView, after: UserView, sessionsEnded: number) => AuditEntry[],
  ): Promise<UserView | 'not_found' | 'last_admin' | 'group_unknown' | 'not_operator'>
  /** Ends every session but `keepSession`. With `expectedHash`, only while the password is still that one. */
  setPassword(
    id: string,
    change: { passwordHash: string; expectedHash: string | null; keepSession: string | null },
    now: Date,
    eventsOf: (user: UserView, sessionsEnded: number) => AuditEntry[],
  ): Promise<boolean>
}

export interface NewApiKeyRow extends Omit<ApiKeyView, 'endpoints' | 'groups'> {
  keyHash: Uint8Array
  endpoints: readonly string[] | null
  groups: readonly string[] | null
}

export interface ApiKeyStore {
  apiKeys(): Promise<ApiKeyView[]>
  /** With the endpoints and groups of these slugs. The view as it is then. */
  createApiKey(key: NewApiKeyRow, events: AuditEntry[]): Promise<ApiKeyView | 'endpoint_unknown' | 'group_unknown'>
  /** Null if there is no such key; events only if it was not revoked before. */
  revokeApiKey(id: string, now: Date, eventsOf: (key: ApiKeyView) => AuditEntry[]): Promise<ApiKeyView | null>
  /** The key with this hash, whatever its state; a live one is noted as used at most once a minute. */
  touchApiKey(keyHash: Uint8Array, now: Date): Promise<ApiKeyView | null>
}

/** A delay after the `from`-th count of a window; the last of `delaySeconds` holds for all further ones. */
export interface AttemptRule {
  windowSeconds: number
  from: number
  delaySeconds: readonly number[]
}

export interface Attempt {
  /** False while a delay runs: nothing was counted. */
  allowed: boolean
  count: number
  blockedUntil: Date | null
}

export interface CounterStore {
  /** Adds one, exactly, whoever else counts at the same instant. A window that is over starts anew. */
  count(key: string, now: Date, windowSeconds: number): Promise<{ count: number; windowStart: Date }>
  /** What count() would count on from: 0 in a window that is over. */
  standing(key: string, now: Date, windowSeconds: number): Promise<number>
  /** Counts an attempt before it is made, unless a delay runs; sets the delay that follows it. */
  attempt(key: string, now: Date, rule: AttemptRule): Promise<Attempt>
  /** Takes one count back, and the delay that it caused. */
  takeBack(key: string, rule: AttemptRule): Promise<void>
  /** Forgets every counter whose key begins so. */
  forget(prefix: string): Promise<void>
}

export interface IdempotentAnswer {
  requestHash: Uint8Array
  status: number | null
  sealedBody: Uint8Array | null
}

export interface IdempotencyStore {
  /**
   * Claims a key for the caller ('mine'), or returns what stands there. A claim without an answer from before
   * `staleBefore` and anything from before `expiredBefore` may be taken over.
   */
  claim(
    request: { apiKeyId: string; keyHash: Uint8Array; requestHash: Uint8Array },
    now: Date,
    limits: { staleBefore: Date; expiredBefore: Date },
  ): Promise<'mine' | IdempotentAnswer>
  /** Stores the answer, if the claim of that moment is still ours. */
  finish(
    request: { apiKeyId: string; keyHash: Uint8Array; claimedAt: Date },
    answer: { status: number; sealedBody: Uint8Array },
  ): Promise<void>
  /** Gives an unanswered claim back. */
  release(request: { apiKeyId: string; keyHash: Uint8Array; claimedAt: Date }): Promise<void>
}

export interface AccessStore extends SessionStore, UserStore, ApiKeyStore, CounterStore, IdempotencyStore {}

/** Refusals of one kind, minute and source, counted instead of recorded. */
export interface Flood {
  key: string
  count: number
  windowStart: Date
}

/** What the job `prune` removes. */
export interface PruneStore {
  deleteIdempotentRequests(before: Date): Promise<number>
  /** Only counters whose delay is over, and none whose key begins with `except`. */
  deleteCounters(before: Date, now: Date, except: string): Promise<number>
  /** Removes finished flood counters and records their events in the same transaction. */
  takeFloods(prefix: string, before: Date, eventsOf: (floods: Flood[]) => AuditEntry[]): Promise<number>
  deleteSessions(endedBefore: Date): Promise<number>
  /** What OCSP answers in memory had to hear of. */
  deleteStatusChanges(before: Date): Promise<number>
}

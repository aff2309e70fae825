/** What access to the portal looks like from outside: people, sessions, API keys, and what may be asked of them. */
import type { Actor, KeyRole, PersonRole } from './actor'
import type { AuditEntry } from './audit'

export interface GroupName {
  slug: string
  name: string
}

export interface UserView {
  id: string
  name: string
  email: string
  role: PersonRole
  /** Those to which an operator is limited, by slug; null for everybody else. */
  groups: GroupName[] | null
  createdAt: Date
  lastSignInAt: Date | null
  disabledAt: Date | null
}

export interface UserChange {
  name?: string
  role?: PersonRole
  groups?: readonly string[] | null
  disabled?: boolean
}

export interface SessionView {
  id: string
  userId: string
  userName: string
  createdAt: Date
  lastSeenAt: Date
  expiresAt: Date
  sourceIp: string | null
  userAgent: string | null
}

export interface ApiKeyView {
  id: string
  name: string
  role: KeyRole
  /** To whose challenges it is limited; null for a key that is not. */
  endpoints: { slug: string; name: string }[] | null
  /** Those to which an operator's key is limited, by slug; null for a key that is not. */
  groups: GroupName[] | null
  hint: string
  createdAt: Date
  createdBy: string | null
  expiresAt: Date
  lastUsedAt: Date | null
  revokedAt: Date | null
}

/** Where a request comes from, before anybody is known. */
export interface RequestOrigin {
  ip: string | null
  userAgent: string | null
  requestId: string
}

export interface AccessService {
  /**
   * Checks e-mail and password within the limits, starts a session row and returns its token, which goes into the
   * cookie. Refusals: unauthenticated (one sentence for every cause), rate_limited.
   *
   * `knownBrowser` is the value that an earlier sign-in to this account returned to this browser, which keeps it for
   * long: it lets nobody in, but such a browser has limits of its own, which nobody else can use up.
   */
  signIn(
    origin: RequestOrigin,
    email: string,
    password: string,
    knownBrowser?: string | null,
  ): Promise<{ token: string; user: UserView; expiresAt: Date; knownBrowser: string }>
  /** The actor of a session token, from the session and user rows of this moment; null if ended, idle, expired or disabled. */
  actorOfSession(origin: RequestOrigin, token: string): Promise<Actor | null>
  signOut(origin: RequestOrigin, token: string): Promise<void>
  /** The actor of an "Authorization: Bearer" value. Refusals: unauthenticated. */
  actorOfApiKey(origin: RequestOrigin, authorization: string | null): Promise<Actor>

  users(actor: Actor): Promise<UserView[]>
  createUser(
    actor: Actor,
    request: { name: string; email: string; role: PersonRole; groups?: readonly string[] | null; password: string },
  ): Promise<UserView>
  /**
   * Ends the user's sessions when role, groups or disabled change. Refuses to lose the last administrator (conflict).
   * `groups` (slugs) limit an operator to these, null to none; another role is limited to none, and keeps no groups.
   */
  updateUser(actor: Actor, id: string, change: UserChange): Promise<UserView>
  changeOwnPassword(actor: Actor, currentPassword: string, newPassword: string): Promise<void>
  setPassword(actor: Actor, userId: string, newPassword: string): Promise<void>

  /** Own sessions for everybody; all of them for administrators and auditors with `everyone`. */
  sessions(actor: Actor, everyone?: boolean): Promise<SessionView[]>
  /** Own sessions for everybody; any session for administrators. */
  endSession(actor: Actor, sessionId: string): Promise<void>

  apiKeys(actor: Actor): Promise<ApiKeyView[]>
  /**
   * `key` is returned here and never again. Default life 90 days, at most a year. With `endpoints` (slugs) it can do
   * nothing but what concerns their challenges, and read them; with `groups`, what an operator of these groups can. Refusals: invalid_input.
   */
  createApiKey(
    actor: Actor,
    request: {
      name: string
      role: KeyRole
      expiresInDays?: number
      endpoints?: readonly string[] | null
      groups?: readonly string[] | null
    },
  ): Promise<{ id: string; key: string; view: ApiKeyView }>
  revokeApiKey(actor: Actor, id: string): Promise<void>

  /**
   * Runs `work` once per (API key, Idempotency-Key). A repeat gets the stored answer; the same key with another request
   * is a conflict, and so is one still running.
   */
  idempotent(
    actor: Actor,
    secrets: { apiKey: string; idempotencyKey: string },
    requestHash: Uint8Array,
    work: () => Promise<{ status: number; body: string }>,
  ): Promise<{ status: number; body: string; replayed: boolean }>

  /** Records that somebody may not; of many in one minute from one source, the first 20 and the number of the others. */
  recordDenied(entry: AuditEntry): Promise<void>
  /** Counts one event under a key; throws rate_limited when it exceeds `limit` in `windowSeconds`. Shared by every instance. */
  limit(key: string, limit: number, windowSeconds: number): Promise<void>
  /** Whether limit() would throw now. Nothing is counted. */
  isLimitReached(key: string, limit: number, windowSeconds: number): Promise<boolean>
}

export interface PasswordAdvice {
  acceptable: boolean
  /** 0 (hopeless) to 4 (strong). */
  score: 0 | 1 | 2 | 3 | 4
  /** What to do about it, or why it is good. */
  hint: string
}

/** Signing in by e-mail and password: the same work and the same answer for everybody who may not. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Account, Attempt, AttemptRule, CounterStore, SessionLife, SessionStore } from './access-store'
import type { AccessService, RequestOrigin, UserView } from './access-types'
import type { Actor } from './actor'
import type { AuditEntry, AuditService } from './audit'
import { type Counters, tooMany } from './counters'
import { knownBrowserOf, newKnownBrowser } from './known-browser'
import type { Passwords } from './passwords'
import { normaliseEmail } from './person'
import type { Signer } from './signer'
import { networkOf, sourceOf } from './source-address'

export interface SignInDeps {
  store: SessionStore & CounterStore
  signer: Pick<Signer, 'mac'>
  passwords: Passwords
  audit: Pick<AuditService, 'record'>
  counters: Counters
  clock: () => Date
  life: SessionLife
}

// security.md §6.4. All are counted before the password is looked at and taken back when it is right, so that many
// attempts at the same instant get no more guesses than the same attempts one after another.
const MINUTE = 60
const PER_SOURCE: AttemptRule = { windowSeconds: 15 * MINUTE, from: 20, delaySeconds: [60 * MINUTE] }
const PER_PLACE: AttemptRule = {
  windowSeconds: 24 * 60 * MINUTE,
  from: 5,
  delaySeconds: [1, 2, 4, 8, 15].map((minutes) => minutes * MINUTE),
}
const PER_ACCOUNT: AttemptRule = { windowSeconds: 60 * MINUTE, from: 20, delaySeconds: [60 * MINUTE] }
/** A browser in which this account was signed in to before: apart from all others, so that no stranger can use it up. */
const PER_KNOWN_BROWSER: AttemptRule = { windowSeconds: 15 * MINUTE, from: 10, delaySeconds: [15 * MINUTE] }
/** Beyond this many in five minutes, over all accounts, delays double and one alert is raised. */
const EVERYWHERE = { key: 'sign-in:everywhere', windowSeconds: 5 * MINUTE, limit: 200 }

const SESSIONS_AT_ONCE = 5
/** Longer than any password of ours: not worth the work of a hash. */
const MAX_TYPED = 1_024

export function createSignIn(deps: SignInDeps): Pick<AccessService, 'signIn'> {
  const { store, signer, passwords, clock } = deps

  return {
    async signIn(origin, email, password, knownBrowser) {
      const now = clock()
      const emailNormalised = normaliseEmail(email)
      const loginRef = await fingerprint(signer, emailNormalised ?? email.slice(0, MAX_TYPED))
      const account = await store.account(emailNormalised ?? '')
      const browser = await knownBrowserOf(signer, knownBrowser, account?.user.id)
      const attempt: SignInAttempt = { origin, now, loginRef, account, keys: keysOf(origin, loginRef, browser) }

      const limits = await countAttempt(attempt)
      const { matches, outdated } = await passwords.verify(password.slice(0, MAX_TYPED), account?.passwordHash ?? null)
      if (!account || !matches || account.user.disabledAt) {
        return refuse(attempt, limits, !account ? 'unknown_user' : matches ? 'disabled' : 'bad_password')
      }

      const newHash = outdated ? await passwords.hash(password) : null
      const token = browser && knownBrowser ? knownBrowser : await newKnownBrowser(signer, account.user.id)
      const session = await startSession(attempt, account, newHash, limits.narrowest.count - 1)
      if (!session) return refuse(attempt, limits, 'disabled')
      await forgiveAttempt(attempt, limits)
      return { ...session, knownBrowser: token }
    },
  }

  async function countAttempt(attempt: SignInAttempt): Promise<Limits> {
    const { browser } = attempt.keys
    if (browser === null) return countStranger(attempt)
    const narrowest = await store.attempt(browser, attempt.now, PER_KNOWN_BROWSER)
    return narrowest.allowed ? { narrowest, anywhere: null } : delayed(attempt, narrowest)
  }

  /** Counts in all buckets, the narrowest last, and refuses while a delay runs. */
  async function countStranger(attempt: SignInAttempt): Promise<Limits> {
    const { now, keys, account, origin } = attempt
    const source = await store.attempt(keys.source, now, PER_SOURCE)
    if (!source.allowed) return delayed(attempt, source)
    const everywhere = await store.count(EVERYWHERE.key, now, EVERYWHERE.windowSeconds)
    if (everywhere.count === EVERYWHERE.limit + 1) await deps.audit.record(alert(attempt))
    const anywhere = await store.attempt(keys.account, now, PER_ACCOUNT)
    // Whoever signed in from here before is let through to their password, whatever others try elsewhere.
    const known = account?.sources.some((ip) => ip !== null && networkOf(ip) === networkOf(origin.ip)) ?? false
    if (!anywhere.allowed && !known) return delayed(attempt, anywhere)
    const rule = everywhere.count > EVERYWHERE.limit ? doubled(PER_PLACE) : PER_PLACE
    const place = await store.attempt(keys.place, now, rule)
    if (!place.allowed) return delayed(attempt, place)
    return { narrowest: place, anywhere }
  }

  async function delayed(attempt: SignInAttempt, limit: Attempt): Promise<never> {
    await deps.counters.recordRefusal(failure(attempt, 'locked', 'denied'))
    throw tooMany(limit.blockedUntil ?? attempt.now, attempt.now)
  }

  async function refuse(attempt: SignInAttempt, limits: Limits, reason: string): Promise<never> {
    await deps.counters.recordRefusal(failure(attempt, reason, 'failure'))
    for (const limit of [limits.narrowest, limits.anywhere]) {
      if (limit?.allowed && limit.blockedUntil) await deps.counters.recordRefusal(locked(attempt, limit))
    }
    throw new Refusal('unauthenticated', 'E-mail or password is wrong.', {
      reason,
      detail: `sign-in refused: ${reason}`,
    })
  }

  async function startSession(attempt: SignInAttempt, account: Account, newHash: string | null, failures: number) {
    const { origin, now } = attempt
    const token = randomBytes(32).toString('base64url')
    const id = randomUUID()
    const expiresAt = new Date(now.getTime() + deps.life.absoluteSeconds * 1000)
    const started = await store.startSession(
      {
        id,
        tokenHash: tokenHashOf(token),
        userId: account.user.id,
        createdAt: now,
        expiresAt,
        sourceIp: origin.ip,
        userAgent: origin.userAgent?.slice(0, 256) ?? null,
      },
      { passwordHash: account.passwordHash, newHash, atMost: SESSIONS_AT_ONCE },
      (ended) => signedIn(userActor(origin, limitedTo(account.user), id), account, failures, ended),
    )
    return started ? { token, user: { ...account.user, lastSignInAt: now }, expiresAt } : null
  }

  async function forgiveAttempt({ keys }: SignInAttempt, { anywhere }: Limits): Promise<void> {
    if (keys.browser !== null) return store.forget(keys.browser)
    await store.takeBack(keys.source, PER_SOURCE)
    if (anywhere?.allowed) await store.takeBack(keys.account, PER_ACCOUNT)
    await store.takeBack(EVERYWHERE.key, { ...EVERYWHERE, from: EVERYWHERE.limit, delaySeconds: [] })
    await store.forget(keys.place)
  }
}

interface SignInAttempt {
  origin: RequestOrigin
  now: Date
  /** Keyed fingerprint of what was typed: e-mail fields sometimes hold passwords. */
  loginRef: string
  account: Account | null
  /** `browser` is null for one that proves no earlier sign-in; otherwise it alone counts. */
  keys: { source: string; account: string; place: string; browser: string | null }
}

interface Limits {
  /** By account and place, or by account and known browser. */
  narrowest: Attempt
  anywhere: Attempt | null
}

/** SHA-256 of a session token: what the table holds. */
export function tokenHashOf(token: string): Uint8Array {
  return createHash('sha256').update(token, 'utf8').digest()
}

export function userActor(
  origin: RequestOrigin,
  user: Pick<UserView, 'id' | 'name' | 'role'> & { groups: readonly string[] | null },
  sessionId: string,
): Actor {
  const { id, name, role } = user
  const groups = user.groups === null ? {} : { groups: user.groups }
  return { type: 'user', id, name, role, via: 'ui', sessionId, ...whence(origin), ...groups }
}

function limitedTo(user: UserView) {
  return { ...user, groups: user.groups?.map(({ slug }) => slug) ?? null }
}

export function stranger(origin: RequestOrigin, via: Actor['via']): Actor {
  return { type: 'anonymous', id: null, name: '', role: null, via, ...whence(origin) }
}

/** Counters that delay sign-in to one account, wherever they were counted. */
export async function signInCounters(signer: Pick<Signer, 'mac'>, emailNormalised: string): Promise<string[]> {
  const loginRef = await fingerprint(signer, emailNormalised)
  return [`sign-in:account:${loginRef}`, `sign-in:place:${loginRef}:`, `sign-in:browser:${loginRef}:`]
}

function keysOf(origin: RequestOrigin, loginRef: string, browser: string | null): SignInAttempt['keys'] {
  return {
    source: `sign-in:source:${sourceOf(origin.ip)}`,
    account: `sign-in:account:${loginRef}`,
    place: `sign-in:place:${loginRef}:${networkOf(origin.ip)}`,
    browser: browser === null ? null : `sign-in:browser:${loginRef}:${browser}`,
  }
}

/** audit-and-siem.md §2.4: correlates without storing. */
async function fingerprint(signer: Pick<Signer, 'mac'>, text: string): Promise<string> {
  const mac = await signer.mac('fingerprint', Buffer.from(text, 'utf8'))
  return `hmac:${Buffer.from(mac).toString('hex').slice(0, 32)}`
}

function doubled(rule: AttemptRule): AttemptRule {
  return { ...rule, delaySeconds: rule.delaySeconds.map((seconds) => seconds * 2) }
}

function whence({ ip, userAgent, requestId }: RequestOrigin): Pick<Actor, 'ip' | 'userAgent' | 'requestId'> {
  return { ip, userAgent, requestId }
}

function failure(attempt: SignInAttempt, reason: string, outcome: 'failure' | 'denied'): AuditEntry {
  return { type: 'authn.login.failed', outcome, reason, ...aboutAccount(attempt) }
}

function locked(attempt: SignInAttempt, limit: Attempt): AuditEntry {
  const about = aboutAccount(attempt)
  const data = { ...about.data, failures: limit.count, until: (limit.blockedUntil ?? attempt.now).toISOString() }
  return { type: 'authn.account.locked', outcome: 'denied', reason: 'too_many_failures', ...about, data }
}

function aboutAccount({
  origin,
  account,
  loginRef,
}: SignInAttempt): Pick<AuditEntry, 'actor' | 'object'> & { data: { loginRef?: string } } {
  const actor = stranger(origin, 'ui')
  if (!account) return { actor, object: { type: 'user', id: null }, data: { loginRef } }
  return { actor, object: { type: 'user', id: account.user.id, name: account.user.email }, data: {} }
}

function alert({ origin }: SignInAttempt): AuditEntry {
  return {
    type: 'system.rate_limited',
    severity: 'high',
    outcome: 'denied',
    reason: 'limit_reached',
    actor: stranger(origin, 'ui'),
    object: { type: 'system', id: null },
    data: { bucket: EVERYWHERE.key, limit: EVERYWHERE.limit, windowSeconds: EVERYWHERE.windowSeconds },
  }
}

function signedIn(actor: Actor, account: Account, failures: number, ended: number): AuditEntry[] {
  const object = { type: 'user' as const, id: account.user.id, name: account.user.email }
  const newDevice = !account.sources.some((ip) => ip !== null && networkOf(ip) === networkOf(actor.ip))
  const data = { factors: ['password'], newDevice, ...(failures > 0 ? { failures } : {}) }
  const events: AuditEntry[] = [{ type: 'authn.login.succeeded', outcome: 'success', actor, object, data }]
  if (ended > 0) {
    const reason = 'too_many_sessions'
    events.unshift({ type: 'authn.session.revoked', outcome: 'success', reason, actor, object, data: { count: ended } })
  }
  return events
}

/** Users: making and changing them, and their passwords. A change of rights ends their sessions with it. */
import { randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { CounterStore, UserStore } from './access-store'
import type { AccessService, GroupName, UserView } from './access-types'
import type { Actor, PersonRole } from './actor'
import type { AuditEntry, AuditService } from './audit'
import { tooMany } from './counters'
import type { Passwords } from './passwords'
import { authorise, authoriseInGroups } from './permissions'
import { invalid, nameFaultOf, parsePerson, passwordFaultOf, personFaults } from './person'
import { signInCounters } from './sign-in'
import type { Signer } from './signer'

export interface UsersDeps {
  store: UserStore & CounterStore
  signer: Pick<Signer, 'mac'>
  passwords: Passwords
  audit: Pick<AuditService, 'record'>
  clock: () => Date
}

const ROLES: readonly PersonRole[] = ['admin', 'operator', 'auditor']
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Whoever finds an open browser must not guess the password through the form that changes it. */
const CHANGE_ATTEMPTS = { windowSeconds: 15 * 60, from: 5, delaySeconds: [15 * 60] }

export function createUsers({
  store,
  signer,
  passwords,
  audit,
  clock,
}: UsersDeps): Pick<AccessService, 'users' | 'createUser' | 'updateUser' | 'changeOwnPassword' | 'setPassword'> {
  return {
    async users(actor) {
      authorise(actor, 'user:read')
      return store.users()
    },

    async createUser(actor, request) {
      authorise(actor, 'user:manage')
      const faults = personFaults(request)
      if (!ROLES.includes(request.role)) faults.role = 'Choose a role.'
      const weak = passwordFaultOf(request.password, [request.name, request.email])
      if (weak) faults.password = weak
      const groups = slugsOf(request.groups ?? null)
      const misplaced = groups === null ? null : groupsFault(groups, request.role)
      if (misplaced) faults.groups = misplaced
      if (Object.keys(faults).length > 0) throw invalid(faults)
      const person = parsePerson(request)
      const user = { id: randomUUID(), ...person, role: request.role, groups, createdAt: clock() }
      const passwordHash = await passwords.hash(request.password)
      const outcome = await store.createUser({ ...user, passwordHash }, [userCreated(actor, user)])
      if (outcome === 'group_unknown') throw unknownGroup()
      if (outcome === 'email_taken') {
        throw new Refusal('conflict', 'Somebody has this e-mail address already.', {
          fields: { email: 'Taken already.' },
        })
      }
      return outcome
    },

    async updateUser(actor, id, change) {
      authorise(actor, 'user:manage')
      const name = change.name === undefined ? {} : { name: change.name.trim().normalize('NFC') }
      const fault = name.name === undefined ? null : nameFaultOf(name.name, 'A name')
      if (fault) throw invalid({ name: fault })
      if (change.role !== undefined && !ROLES.includes(change.role)) throw invalid({ role: 'Choose a role.' })
      const groups = change.groups === undefined ? {} : { groups: slugsOf(change.groups) }
      const misplaced = groups.groups ? groupsFault(groups.groups, change.role ?? 'operator') : null
      if (misplaced) throw invalid({ groups: misplaced })
      const outcome = UUID.test(id)
        ? await store.changeUser(id, { ...change, ...name, ...groups }, clock(), (before, after, ended) =>
            userChanged(actor, before, after, ended),
          )
        : 'not_found'
      if (outcome === 'group_unknown') throw unknownGroup()
      if (outcome === 'not_operator') throw invalid({ groups: ONLY_OPERATORS })
      if (outcome === 'not_found') throw unknownUser()
      if (outcome === 'last_admin') {
        throw new Refusal('conflict', 'This is the last administrator. Make somebody else administrator first.', {
          reason: 'last_admin',
        })
      }
      return outcome
    },

    async changeOwnPassword(actor, currentPassword, newPassword) {
      authoriseInGroups(actor, 'overview:read')
      const user = actor.type === 'user' && actor.id !== null ? await store.user(actor.id) : null
      if (!user) throw new Refusal('forbidden', 'Only a signed-in person has a password.')
      const key = `password-change:${user.id}`
      const attempt = await store.attempt(key, clock(), CHANGE_ATTEMPTS)
      if (!attempt.allowed) throw tooMany(attempt.blockedUntil ?? clock(), clock())
      const { matches } = await passwords.verify(currentPassword, user.passwordHash)
      if (!matches) {
        await audit.record(passwordNotChanged(actor, user))
        throw invalid({ currentPassword: 'This is not your current password.' })
      }
      await store.forget(key)
      const weak = passwordFaultOf(newPassword, [user.name, user.email])
      if (weak) throw invalid({ newPassword: weak })
      if (newPassword.normalize('NFC') === currentPassword.normalize('NFC')) {
        throw invalid({ newPassword: 'Choose a new one.' })
      }
      const passwordHash = await passwords.hash(newPassword)
      const condition = { passwordHash, expectedHash: user.passwordHash, keepSession: actor.sessionId ?? null }
      const changed = await store.setPassword(user.id, condition, clock(), (of, ended) =>
        passwordChanged(actor, of, ended),
      )
      if (!changed) throw new Refusal('conflict', 'Your password was changed meanwhile. Sign in again.')
    },

    async setPassword(actor, userId, newPassword) {
      authorise(actor, 'user:manage')
      if (actor.type === 'user' && actor.id === userId) {
        throw new Refusal('conflict', 'Change your own password with your current one.')
      }
      const user = UUID.test(userId) ? await store.user(userId) : null
      if (!user) throw unknownUser()
      const weak = passwordFaultOf(newPassword, [user.name, user.email])
      if (weak) throw invalid({ newPassword: weak })
      const passwordHash = await passwords.hash(newPassword)
      const change = { passwordHash, expectedHash: null, keepSession: null }
      const changed = await store.setPassword(user.id, change, clock(), (of, ended) =>
        passwordChanged(actor, of, ended),
      )
      if (!changed) throw unknownUser()
      // A new password from an administrator also unlocks: what was guessed before is of no use now.
      const { emailNormalised } = parsePerson(user)
      for (const counter of await signInCounters(signer, emailNormalised)) await store.forget(counter)
    },
  }
}

const MOST_GROUPS = 200
const ONLY_OPERATORS = 'Only operators are limited to groups.'

function slugsOf(groups: readonly string[] | null): readonly string[] | null {
  return groups === null ? null : [...new Set(groups)]
}

function groupsFault(groups: readonly string[], role: PersonRole): string | null {
  if (role !== 'operator') return ONLY_OPERATORS
  return groups.length > 0 && groups.length <= MOST_GROUPS ? null : `Choose from 1 to ${MOST_GROUPS} groups.`
}

function unknownGroup(): Refusal {
  return invalid({ groups: 'There is no such group.' })
}

function unknownUser(): Refusal {
  return new Refusal('not_found', 'There is no such user.')
}

/** Also what set-up records of its first administrator. */
export function userCreated(
  actor: Actor,
  user: { id: string; name: string; email: string; role: PersonRole; groups?: readonly string[] | null },
): AuditEntry {
  const { id, name, email, role } = user
  const groups = user.groups ? { groups: [...user.groups] } : {}
  return {
    type: 'iam.user.created',
    outcome: 'success',
    actor,
    object: { type: 'user', id, name: email },
    change: { fields: ['name', 'email', 'role', ...Object.keys(groups)], after: { name, email, role, ...groups } },
    data: { role, ...groups },
  }
}

function userChanged(actor: Actor, before: UserView, after: UserView, ended: number): AuditEntry[] {
  const about = {
    outcome: 'success' as const,
    actor,
    object: { type: 'user' as const, id: after.id, name: after.email },
  }
  const events: AuditEntry[] = []
  if (before.name !== after.name) {
    const change = { fields: ['name'], before: { name: before.name }, after: { name: after.name } }
    events.push({ type: 'iam.user.updated', ...about, change })
  }
  if (before.role !== after.role) {
    const change = { fields: ['role'], before: { role: before.role }, after: { role: after.role } }
    events.push({ type: 'iam.role.granted', ...about, change, data: { role: after.role } })
  }
  const [had, has] = [named(before.groups), named(after.groups)]
  if (String(had) !== String(has)) {
    const change = { fields: ['groups'], before: { groups: had }, after: { groups: has } }
    events.push({ type: 'iam.groups.changed', ...about, change, data: { groups: has } })
  }
  if (!before.disabledAt && after.disabledAt) events.push({ type: 'iam.user.disabled', ...about })
  if (before.disabledAt && !after.disabledAt) events.push({ type: 'iam.user.enabled', ...about })
  if (ended > 0) {
    const reason =
      before.role !== after.role ? 'role_changed' : String(had) !== String(has) ? 'groups_changed' : 'disabled'
    events.push({ type: 'authn.session.revoked', ...about, reason, data: { count: ended } })
  }
  return events
}

/** Null where all groups are meant; slugs have no comma. */
function named(groups: readonly GroupName[] | null): string[] | null {
  return groups?.map(({ slug }) => slug) ?? null
}

function passwordChanged(actor: Actor, user: UserView, ended: number): AuditEntry[] {
  const about = { outcome: 'success' as const, actor, object: { type: 'user' as const, id: user.id, name: user.email } }
  const changed: AuditEntry = { type: 'authn.password.changed', ...about }
  if (ended === 0) return [changed]
  return [changed, { type: 'authn.session.revoked', ...about, reason: 'password_changed', data: { count: ended } }]
}

function passwordNotChanged(actor: Actor, user: UserView): AuditEntry {
  const object = { type: 'user' as const, id: user.id, name: user.email }
  return { type: 'authn.password.changed', outcome: 'failure', reason: 'bad_password', actor, object }
}

/** Who may do what. The matrix is data: the code and the role tests both read it. */
import { Refusal } from '@/lib/errors'
import type { Actor, Role } from './actor'

export const PERMISSIONS = {
  'overview:read': ['admin', 'operator', 'auditor'],
  'backup:record': ['admin'],
  'group:read': ['admin', 'operator', 'auditor'],
  'group:create': ['admin'],
  'group:update': ['admin'],
  'group:retire': ['admin'],
  // Of all groups together, so it is nothing for an operator of some.
  'authority:read': ['admin', 'operator', 'auditor'],
  // What comes in or goes out of authorities: imports, requests, keys that go offline.
  'authority:manage': ['admin'],
  'endpoint:read': ['admin', 'operator', 'auditor'],
  'endpoint:update': ['admin'],
  'challenge:read': ['admin', 'operator', 'auditor'],
  'challenge:mint': ['admin', 'operator', 'mdm'],
  'challenge:revoke': ['admin', 'operator'],
  'challenge:validate': ['admin', 'operator'],
  'approval:read': ['admin', 'operator', 'auditor'],
  'approval:decide': ['admin', 'operator'],
  'endpoint:create': ['admin'],
  'static-secret:read': ['admin', 'auditor'],
  'static-secret:manage': ['admin'],
  'challenge-page:read': ['admin', 'operator', 'auditor'],
  'challenge-page:manage': ['admin'],
  'minter:read': ['admin', 'operator', 'auditor'],
  'minter:manage': ['admin'],
  'connector:read': ['admin', 'operator', 'auditor'],
  'connector:manage': ['admin'],
  'rollover:manage': ['admin'],
  'transaction:read': ['admin', 'operator', 'auditor'],
  'simulation:run': ['admin', 'operator', 'auditor'],
  'simulation:challenge': ['admin', 'operator'],
  'simulation:ask': ['admin'],
  'retention:read': ['admin'],
  'retention:manage': ['admin'],
  'network:read': ['admin', 'operator', 'auditor'],
  'network:manage': ['admin'],
  // For RADIUS servers alone: their key lies in a file, and no other may lie there.
  'radius:authorize': ['radius'],
  'certificate:read': ['admin', 'operator', 'auditor'],
  'certificate:revoke': ['admin', 'operator'],
  'device-rule:read': ['admin', 'operator', 'auditor'],
  'device-rule:manage': ['admin'],
  // The addresses of people are in them.
  'notice:read': ['admin', 'auditor'],
  'notice:manage': ['admin'],
  'bulk-revocation:read': ['admin', 'operator', 'auditor'],
  'bulk-revocation:manage': ['admin', 'operator'],
  'break-glass:read': ['admin', 'auditor'],
  'break-glass:manage': ['admin'],
  'posture:read': ['admin', 'operator', 'auditor'],
  'posture:manage': ['admin'],
  'provenance:read': ['admin', 'operator', 'auditor'],
  'policy-version:read': ['admin', 'operator', 'auditor'],
  'as-of:read': ['admin', 'operator', 'auditor'],
  'activity:read': ['admin', 'auditor'],
  // Lists as people like to see them: one's own, those for everybody, and those of others.
  'saved-view:read': ['admin', 'operator', 'auditor'],
  'saved-view:share': ['admin', 'operator'],
  'saved-view:manage': ['admin'],
  'audit:read': ['admin', 'auditor'],
  'audit:verify': ['admin', 'auditor'],
  'user:read': ['admin', 'auditor'],
  'user:manage': ['admin'],
  'session:manage': ['admin'],
  // Whose key it is: GET /me.
  'key:describe': ['admin', 'operator', 'auditor'],
  'api-key:read': ['admin', 'auditor'],
  'api-key:manage': ['admin'],
  'diagnostics:read': ['admin', 'auditor'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

type Limits = Pick<Actor, 'role' | 'scope' | 'groups'>

/**
 * May they, everywhere? Nothing is so for a key that is limited to endpoints, which authoriseScoped() alone asks about,
 * nor for an operator who is limited to groups, whom canInGroups() and authoriseInGroups() ask about.
 */
export function can(actor: Limits, permission: Permission): boolean {
  return actor.scope === undefined && actor.groups === undefined && isOfRole(actor, permission)
}

/** What operators who are limited to groups may do there. Whatever is not named here is not theirs. */
export const IN_GROUPS: readonly Permission[] = [
  'overview:read',
  'group:read',
  'endpoint:read',
  'challenge:read',
  'challenge:mint',
  'challenge:revoke',
  'challenge:validate',
  'approval:read',
  'approval:decide',
  'transaction:read',
  'simulation:run',
  'simulation:challenge',
  'network:read',
  'certificate:read',
  'certificate:revoke',
  'device-rule:read',
  'bulk-revocation:read',
  'bulk-revocation:manage',
  'key:describe',
]

/** May they, everywhere or in their groups? What doors and buttons ask; the services hold them to their groups. */
export function canInGroups(actor: Limits, permission: Permission): boolean {
  return can(actor, permission) || (isLimitedToGroups(actor) && permissionsOf(actor).includes(permission))
}

/** What keys that are limited to endpoints may do there, if their role may. */
const SCOPED: readonly Permission[] = [
  'challenge:read',
  'challenge:mint',
  'challenge:revoke',
  'challenge:validate',
  'endpoint:read',
  'key:describe',
]

export function permissionsOf(actor: Limits): Permission[] {
  const all = Object.keys(PERMISSIONS) as Permission[]
  return all.filter((permission) => isOpen(actor, permission) && isOfRole(actor, permission))
}

/** Whoever is limited in both ways, or to groups without being an operator, is nobody that Latchkey makes. */
function isOpen(actor: Limits, permission: Permission): boolean {
  if (actor.groups !== undefined) return isLimitedToGroups(actor) && IN_GROUPS.includes(permission)
  return actor.scope === undefined || SCOPED.includes(permission)
}

function isLimitedToGroups({ role, scope, groups }: Limits): boolean {
  return groups !== undefined && scope === undefined && role === 'operator'
}

function isOfRole({ role }: Pick<Actor, 'role'>, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission]
  return role !== null && roles.includes(role)
}

/** Throws unless the actor may. Every service method begins here; the transport adds the audit event of the refusal. */
export function authorise(actor: Actor, permission: Permission): void {
  if (can(actor, permission)) return
  if (actor.role === null) throw new Refusal('unauthenticated', 'Sign in first.', { reason: 'not_signed_in' })
  if (actor.scope !== undefined) throw outsideScope(`a scoped key lacks ${permission}`)
  if (actor.groups !== undefined) throw outsideGroups(`limited to groups, and lacks ${permission}`)
  throw new Refusal('forbidden', 'Your role does not allow this. Ask an administrator.', {
    reason: 'no_permission',
    detail: `${actor.role} lacks ${permission}`,
  })
}

/**
 * In place of authorise(), where the service itself holds a limited key to its endpoints, and an operator to their groups:
 * inScope() and inGroups() say which are.
 */
export function authoriseScoped(actor: Actor, permission: Permission): void {
  if (actor.scope === undefined) return authoriseInGroups(actor, permission)
  if (permissionsOf(actor).includes(permission)) return
  throw outsideScope(`a scoped key of role ${actor.role} lacks ${permission}`)
}

export function inScope({ scope }: Pick<Actor, 'scope'>, endpoint: string): boolean {
  return scope === undefined || scope.includes(endpoint)
}

/** Alike for an endpoint that does not exist. */
export function authoriseEndpoint(actor: Actor, permission: Permission, endpoint: string): void {
  authoriseScoped(actor, permission)
  if (!inScope(actor, endpoint)) throw outsideScope('the endpoint is outside the scope of the key')
}

/**
 * In place of authorise(), where the service itself holds an operator to their groups: what it reads, counts and changes
 * is of theirs alone. reachOf() is the restriction for a store, inGroups() and authoriseGroup() are for one thing.
 */
export function authoriseInGroups(actor: Actor, permission: Permission): void {
  if (!canInGroups(actor, permission)) authorise(actor, permission)
}

/** As authoriseInGroups(), for what is of one group. Alike for a group that does not exist. */
export function authoriseGroup(actor: Actor, permission: Permission, group: string): void {
  authoriseInGroups(actor, permission)
  if (!inGroups(actor, group)) throw new Refusal('not_found', 'There is no such group.', { reason: 'outside_groups' })
}

export function inGroups({ groups }: Pick<Actor, 'groups'>, group: string): boolean {
  return groups === undefined || groups.includes(group)
}

/** What a store is held to: slugs of groups, or nothing for whoever sees every group. An empty list holds nothing. */
export type Reach = Pick<Actor, 'groups'>

export function reachOf({ groups }: Pick<Actor, 'groups'>): Reach {
  return groups === undefined ? {} : { groups }
}

function outsideGroups(detail: string): Refusal {
  const sentence = 'You are an operator of some groups only, and this concerns others as well. Ask an administrator.'
  return new Refusal('forbidden', sentence, { reason: 'outside_groups', detail })
}

function outsideScope(detail: string): Refusal {
  const sentence = 'This API key is limited to the challenges of its endpoints. This is none of them.'
  return new Refusal('forbidden', sentence, { reason: 'outside_scope', detail })
}

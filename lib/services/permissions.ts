/** Who may do what. The matrix is data: the code and the role tests both read it. */
import { Refusal } from '@/lib/errors'
import type { Actor, Role } from './actor'

export const PERMISSIONS = {
  'overview:read': ['admin', 'operator', 'auditor'],
  'group:read': ['admin', 'operator', 'auditor'],
  'group:create': ['admin'],
  'group:update': ['admin'],
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
  'bulk-revocation:read': ['admin', 'operator', 'auditor'],
  'bulk-revocation:manage': ['admin', 'operator'],
  'break-glass:read': ['admin', 'auditor'],
  'break-glass:manage': ['admin'],
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
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

/** What is nobody's for a key that is limited to endpoints: such a key is asked about by authoriseScoped() alone. */
export function can(actor: Pick<Actor, 'role' | 'scope'>, permission: Permission): boolean {
  return actor.scope === undefined && isOfRole(actor, permission)
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

export function permissionsOf(actor: Pick<Actor, 'role' | 'scope'>): Permission[] {
  const all = Object.keys(PERMISSIONS) as Permission[]
  const open = actor.scope === undefined ? all : SCOPED
  return all.filter((permission) => open.includes(permission) && isOfRole(actor, permission))
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
  throw new Refusal('forbidden', 'Your role does not allow this. Ask an administrator.', {
    reason: 'no_permission',
    detail: `${actor.role} lacks ${permission}`,
  })
}

/** In place of authorise(), where the service itself holds a limited key to its endpoints: inScope() says which are. */
export function authoriseScoped(actor: Actor, permission: Permission): void {
  if (actor.scope === undefined) return authorise(actor, permission)
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

function outsideScope(detail: string): Refusal {
  const sentence = 'This API key is limited to the challenges of its endpoints. This is none of them.'
  return new Refusal('forbidden', sentence, { reason: 'outside_scope', detail })
}

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
  'challenge:mint': ['admin', 'operator'],
  'challenge:revoke': ['admin', 'operator'],
  'challenge:validate': ['admin', 'operator'],
  'approval:read': ['admin', 'operator', 'auditor'],
  'approval:decide': ['admin', 'operator'],
  'endpoint:create': ['admin'],
  'static-secret:read': ['admin', 'auditor'],
  'static-secret:manage': ['admin'],
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

export function can(actor: Pick<Actor, 'role'>, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission]
  return actor.role !== null && roles.includes(actor.role)
}

/** Throws unless the actor may. Every service method begins here; the transport adds the audit event of the refusal. */
export function authorise(actor: Actor, permission: Permission): void {
  if (can(actor, permission)) return
  if (actor.role === null) throw new Refusal('unauthenticated', 'Sign in first.', { reason: 'not_signed_in' })
  throw new Refusal('forbidden', 'Your role does not allow this. Ask an administrator.', {
    reason: 'no_permission',
    detail: `${actor.role} lacks ${permission}`,
  })
}

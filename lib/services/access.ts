/** People, sessions and API keys: who is who, checked at every request. */
import type { AccessStore, SessionLife } from './access-store'
import type { AccessService } from './access-types'
import { createApiKeys } from './api-keys'
import type { AuditService } from './audit'
import { createCounters } from './counters'
import { createIdempotency } from './idempotency'
import type { Passwords } from './passwords'
import { createSessions } from './sessions'
import { createSignIn } from './sign-in'
import type { Signer } from './signer'
import { createUsers } from './users'

export type {
  AccessService,
  ApiKeyView,
  GroupName,
  PasswordAdvice,
  RequestOrigin,
  SessionView,
  UserView,
} from './access-types'

export interface AccessDeps {
  store: AccessStore
  signer: Pick<Signer, 'mac'>
  passwords: Passwords
  audit: Pick<AuditService, 'record'>
  clock: () => Date
  /** How long sessions last; security.md §7 unless settings say otherwise. */
  sessionLife?: SessionLife
}

/** security.md §7: twelve hours at most, and shorter without activity the more a role may do. */
export const SESSION_LIFE: SessionLife = {
  absoluteSeconds: 12 * 3600,
  idleSeconds: { admin: 15 * 60, operator: 30 * 60, auditor: 30 * 60 },
}

export function createAccess(deps: AccessDeps): AccessService {
  const life = deps.sessionLife ?? SESSION_LIFE
  const counters = createCounters(deps)
  return {
    ...createSignIn({ ...deps, life, counters }),
    ...createSessions({ ...deps, life }),
    ...createUsers(deps),
    ...createApiKeys({ ...deps, counters }),
    ...createIdempotency(deps),
    limit: counters.limit,
    isLimitReached: counters.isReached,
    recordDenied: counters.recordRefusal,
  }
}

/** Who asks, how often, and may they: what stands before every operation that needs a key. */
import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import type { AnyOperation, RateClass } from '@/app/api/_operation'
import { isRefusal, type Refusal } from '@/lib/errors'
import type { Services } from '@/lib/server'
import type { RequestOrigin } from '@/lib/services/access'
import type { Actor } from '@/lib/services/actor'
import { authoriseInGroups, authoriseScoped } from '@/lib/services/permissions'
import { sourceOf } from '@/lib/services/source-address'

/** Requests per minute and API key (security.md §13). Changes and audit queries have a limit of their own besides. */
export const REQUESTS_PER_MINUTE = 300
const PER_MINUTE: Record<RateClass, number | null> = { read: null, audit: 60, change: 60 }

/** An address that keeps coming with keys that do not hold is told to wait. */
const REJECTED_PER_MINUTE = 60

/** Filled while a caller is let in, so that a refusal can say who was refused. */
export interface Admission {
  actor: Actor | null
}

type Asked = Pick<AnyOperation, 'id' | 'access' | 'method' | 'path'>

export async function admit(
  services: Services,
  operation: Pick<AnyOperation, 'access' | 'rate' | 'scoped'>,
  request: Request,
  origin: RequestOrigin,
  admission: Admission,
): Promise<Actor> {
  if (operation.access === 'public') return stranger(origin)
  const actor = await authenticated(services, request, origin)
  admission.actor = actor
  // In memory, before anything is counted in the database: a runaway script costs no writes.
  await services.pace.keep('api-key', actor.id ?? actor.name)
  await services.access.limit(`api:key:${actor.id}`, REQUESTS_PER_MINUTE, 60)
  const perMinute = PER_MINUTE[operation.rate]
  if (perMinute !== null) await services.access.limit(`api:${operation.rate}:${actor.id}`, perMinute, 60)
  if (operation.scoped) authoriseScoped(actor, operation.access)
  // The services hold an operator to their groups, or refuse them.
  else authoriseInGroups(actor, operation.access)
  return actor
}

/** Where the request comes from. The front process overwrites X-Forwarded-For, and web listens to nobody else. */
export function originOf(request: Request): RequestOrigin {
  const forwarded = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  return {
    ip: isIP(forwarded) > 0 ? forwarded : null,
    userAgent: request.headers.get('user-agent')?.slice(0, 256) ?? null,
    requestId: randomUUID(),
  }
}

/** Who tried what their role does not allow, for the audit trail. */
export async function recordDenied(
  services: Services,
  operation: Asked,
  origin: RequestOrigin,
  { actor }: Admission,
  refusal: Refusal,
): Promise<void> {
  await services.access.recordDenied({
    type: 'authz.denied',
    outcome: 'denied',
    reason: refusal.reason,
    actor: actor ?? stranger(origin),
    object: { type: 'system', id: operation.id },
    data: { permission: operation.access, method: operation.method, path: `/api/v1${operation.path}` },
  })
}

async function authenticated(services: Services, request: Request, origin: RequestOrigin): Promise<Actor> {
  try {
    return await services.access.actorOfApiKey(origin, request.headers.get('authorization'))
  } catch (error) {
    if (isRefusal(error, 'unauthenticated')) {
      await services.access.limit(`api:rejected:${sourceOf(origin.ip)}`, REJECTED_PER_MINUTE, 60)
    }
    throw error
  }
}

function stranger({ ip, userAgent, requestId }: RequestOrigin): Actor {
  return { type: 'anonymous', id: null, name: 'nobody', role: null, via: 'api', ip, userAgent, requestId }
}

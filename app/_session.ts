/** Who is asking, for pages and downloads. Every one of them comes through here itself; a layout is no guard. */
import 'server-only'
import { cookies, headers } from 'next/headers'
import { forbidden, notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { RequestOrigin } from '@/lib/services/access'
import type { Actor } from '@/lib/services/actor'
import type { Page } from '@/lib/services/audit'
import { can, canInGroups, type Permission } from '@/lib/services/permissions'
import { sessionCookieName, sessionTokenOf } from './_auth'
import { plain } from './_plain'

/** Set by the front process, which scrubs what a client sent under these names. */
export const requestOrigin = cache(async (): Promise<RequestOrigin> => {
  const sent = await headers()
  return {
    ip: sent.get('x-forwarded-for'),
    userAgent: sent.get('user-agent')?.slice(0, 512) ?? null,
    requestId: sent.get('x-request-id') ?? crypto.randomUUID(),
  }
})

/** CSRF: a mutation must come from a page of ours. A missing Origin is a foreign one. */
export async function isSameOrigin(): Promise<boolean> {
  const sent = await headers()
  const site = sent.get('sec-fetch-site')
  const origin = sent.get('origin')
  return origin !== null && isOurs(origin, sent.get('x-forwarded-host')) && (site === null || site === 'same-origin')
}

const LOCAL = ['localhost', '127.0.0.1', '[::1]']

/**
 * PUBLIC_URL, once it names a machine. Until then Latchkey does not know what people call it (127.0.0.1, the name of a
 * virtual machine), and a page of its own is one from the host that this request is for; front says which that is.
 */
export function isOurs(origin: string, host: string | null, publicUrl = server().urls.publicUrl): boolean {
  if (origin === publicUrl.origin) return true
  if (!LOCAL.includes(publicUrl.hostname) || host === null || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase()
}

const sessionToken = cache(async () => sessionTokenOf((await cookies()).get(sessionCookieName())?.value))

/** Counts this request for its session, before the database is asked anything. Refusals: rate_limited. */
export const keepPace = cache(async (): Promise<void> => {
  const token = await sessionToken()
  if (token !== null) await server().pace.keep('session', token)
})

/** The actor of this request, from the session and user rows of this moment. Read once per request. */
export const currentActor = cache(async (): Promise<Actor | null> => {
  const token = await sessionToken()
  const actor = token === null ? null : await server().access.actorOfSession(await requestOrigin(), token)
  // An actor without id or role is none, whatever answered (contract security.md §4, row 37).
  return actor?.id && actor.role ? actor : null
})

/** The door of pages that everybody who is signed in may see, such as one's own account. */
export async function requireSignedIn(): Promise<Actor> {
  if (await isTooFast()) redirect('/slow-down')
  const actor = await currentActor()
  if (actor) return actor
  if (!(await server().setup.isDone())) redirect('/setup')
  const page = (await headers()).get('x-page') ?? '/'
  redirect(page === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(page)}`)
}

async function isTooFast(): Promise<boolean> {
  try {
    await keepPace()
    return false
  } catch (error) {
    if (isRefusal(error, 'rate_limited')) return true
    throw error
  }
}

/** The door of every other page: sends strangers to the sign-in, and answers 403 with a trace to those who may not. */
export async function requireActor(permission: Permission): Promise<Actor> {
  const actor = await requireSignedIn()
  if (can(actor, permission)) return actor
  await recordDenied(actor, permission)
  forbidden()
}

/** The door of pages whose services hold an operator to their groups: all that such a page shows is of theirs. */
export async function requireActorInGroups(permission: Permission): Promise<Actor> {
  const actor = await requireSignedIn()
  if (canInGroups(actor, permission)) return actor
  await recordDenied(actor, permission)
  forbidden()
}

/** The door of downloads: plain answers, no redirects, for they are fetched by programs as well. */
export async function download(permission: Permission, work: (actor: Actor) => Promise<Response>): Promise<Response> {
  try {
    await keepPace()
    const actor = await currentActor()
    if (!actor) return plain(401, 'Sign in first.')
    // Its service holds an operator to their groups, or refuses them.
    if (!canInGroups(actor, permission)) {
      await recordDenied(actor, permission)
      return plain(403, 'Your role does not allow this.')
    }
    return await recordingDenied(actor, permission, () => work(actor))
  } catch (error) {
    if (isRefusal(error, 'not_found')) return plain(404, error.sentence)
    if (isRefusal(error, 'invalid_input')) return plain(400, error.sentence)
    if (isRefusal(error, 'forbidden')) return plain(403, error.sentence)
    if (isRefusal(error, 'conflict')) return plain(409, error.sentence)
    if (isRefusal(error, 'unavailable')) return plain(503, error.sentence, { 'retry-after': '30' })
    if (isRefusal(error, 'rate_limited'))
      return plain(429, error.sentence, { 'retry-after': String(error.retryAfterSeconds ?? 5) })
    throw error
  }
}

/** A page about one thing: what does not exist is a 404, not a fault. */
export async function found<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isRefusal(error, 'not_found')) notFound()
    throw error
  }
}

/** A list whose address somebody wrote by hand: a group or a page that does not exist holds nothing, and is no fault. */
export async function listed<T>(answer: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await answer
  } catch (error) {
    if (isRefusal(error, 'not_found') || isRefusal(error, 'invalid_input')) return { items: [], nextCursor: null }
    throw error
  }
}

/** A service refuses what a door lets through: it knows of which group a thing is. The trail tells of both alike. */
export async function recordingDenied<T>(actor: Actor, permission: Permission, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isRefusal(error, 'forbidden')) await recordDenied(actor, permission)
    throw error
  }
}

export async function recordDenied(actor: Actor, permission: Permission): Promise<void> {
  await server().access.recordDenied({
    type: 'authz.denied',
    outcome: 'denied',
    reason: 'no_permission',
    actor,
    object: { type: 'system', id: null, name: permission },
    data: { permission },
  })
}

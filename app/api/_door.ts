/** The one door of the API: who asks, how often, may they, is the request sound; then the service; then one answer. */
import type { z } from 'zod'
import { type Admission, admit, originOf, recordDenied } from '@/app/api/_admission'
import { readJson } from '@/app/api/_body'
import { once } from '@/app/api/_idempotency'
import { checkedFields, checkedParams, queryOf } from '@/app/api/_input'
import { logFault } from '@/app/api/_log'
import type { AnyOperation, FileAnswer, Method, Operation } from '@/app/api/_operation'
import { problemResponse, TransportFault } from '@/app/api/_problem'
import { finish, jsonResponse, respond, serialise } from '@/app/api/_reply'
import { isRefusal } from '@/lib/errors'
import { type Services, server } from '@/lib/server'
import type { RequestOrigin } from '@/lib/services/access'
import type { Actor } from '@/lib/services/actor'

type Fields = z.ZodObject

/** What a handler receives: checked values only. */
export interface Call<P extends Fields, Q extends Fields, B extends Fields> {
  services: Services
  actor: Actor
  params: z.output<P>
  query: z.output<Q>
  body: z.output<B>
}

type Handler = (request: Request, context: { params: Promise<unknown> }) => Promise<Response>

/** A handler that went through the door, and the operation it is registered as. */
export type ApiRoute = Handler & { operation: AnyOperation }

export function apiRoute<P extends Fields, Q extends Fields, B extends Fields, A extends z.ZodType>(
  operation: Operation<P, Q, B, A>,
  handler: (call: Call<P, Q, B>) => Promise<z.input<A> | FileAnswer>,
): ApiRoute {
  const route: Handler = async (request, context) => {
    const origin = originOf(request)
    const admission: Admission = { actor: null }
    try {
      const services = server()
      const actor = await admit(services, operation, request, origin, admission)
      const params = checkedParams(operation.params, await context.params)
      const query = checkedFields(operation.query, queryOf(request))
      const { bytes, value } = operation.method === 'GET' ? NO_BODY : await readJson(request)
      const body = checkedFields(operation.body, value)

      const answer = () => handler({ services, actor, params, query, body })
      if (!operation.idempotent) return respond(operation, await answer(), origin)
      const work = async () => serialise(operation, await answer())
      const { replayed, ...sent } = await once(services.access, actor, request, bytes, work)
      return jsonResponse(operation, sent, origin, replayed ? { 'Idempotency-Replayed': 'true' } : {})
    } catch (error) {
      return finish(problemResponse(await witnessed(error, operation, origin, admission), origin.requestId), origin)
    }
  }
  return Object.assign(route, { operation: operation as AnyOperation })
}

const NO_BODY = { bytes: new Uint8Array(), value: {} }

/** Every method of one path: those that exist, HEAD for GET, and 405 with Allow for the others. */
export function apiResource(routes: Partial<Record<Method, ApiRoute>>) {
  const { GET: get } = routes
  const allow = [...Object.keys(routes), ...(get ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ')
  const unknown: Handler = async (request) => {
    const origin = originOf(request)
    const fault = new TransportFault('method_not_allowed', `This path answers ${allow}.`, { Allow: allow })
    return finish(problemResponse(fault, origin.requestId), origin)
  }
  const head: Handler = async (request, context) => {
    const answer = get ? await get(request, context) : await unknown(request, context)
    await answer.body?.cancel()
    return new Response(null, { status: answer.status, headers: answer.headers })
  }
  const options: Handler = async (request) =>
    finish(new Response(null, { status: 204, headers: { Allow: allow } }), originOf(request))
  return {
    GET: get ?? unknown,
    POST: routes.POST ?? unknown,
    PATCH: routes.PATCH ?? unknown,
    PUT: unknown,
    DELETE: unknown,
    HEAD: get ? head : unknown,
    OPTIONS: options,
  }
}

/** The path that no route knows. */
export async function unknownPath(request: Request): Promise<Response> {
  const origin = originOf(request)
  const fault = new TransportFault('unknown_path', 'See /api/v1/openapi.json for the paths there are.')
  return finish(problemResponse(fault, origin.requestId), origin)
}

/** Leaves a trace of what must not pass in silence, and returns what the caller shall be told. */
async function witnessed(
  error: unknown,
  operation: Pick<AnyOperation, 'id' | 'access' | 'method' | 'path'>,
  origin: RequestOrigin,
  admission: Admission,
): Promise<unknown> {
  if (!isRefusal(error) && !(error instanceof TransportFault)) logFault(operation.id, origin.requestId, error)
  if (!isRefusal(error, 'forbidden')) return error
  try {
    await recordDenied(server(), operation, origin, admission, error)
    return error
  } catch (fault) {
    // Denied stays denied, but an audit trail that cannot be written is an outage, and the caller hears of that.
    logFault(operation.id, origin.requestId, fault)
    return fault
  }
}

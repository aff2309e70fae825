/** Answers on their way out: what the schema does not describe stays inside, and nothing is cached. */
import type { z } from 'zod'
import { REQUESTS_PER_MINUTE } from '@/app/api/_admission'
import type { Sent } from '@/app/api/_idempotency'
import { FileAnswer } from '@/app/api/_operation'
import type { RequestOrigin } from '@/lib/services/access'

interface Answering<A extends z.ZodType> {
  answer: { status: number; schema: A; location?: (document: z.output<A>) => string }
}

export function respond<A extends z.ZodType>(
  operation: Answering<A>,
  answer: z.input<A> | FileAnswer,
  origin: RequestOrigin,
): Response {
  if (!(answer instanceof FileAnswer)) return jsonResponse(operation, serialise(operation, answer), origin)
  const headers = {
    'Content-Type': answer.contentType,
    'Content-Disposition': `attachment; filename="${answer.fileName.replaceAll(/[^\w.-]/g, '_')}"`,
  }
  return finish(new Response(new Uint8Array(answer.bytes), { status: 200, headers }), origin)
}

/** What a service returned, as the schema says it. */
export function serialise<A extends z.ZodType>(operation: Answering<A>, answer: z.input<A> | FileAnswer): Sent {
  const { status, schema } = operation.answer
  return { status, body: JSON.stringify(schema.parse(answer)) }
}

export function jsonResponse<A extends z.ZodType>(
  operation: Answering<A>,
  { status, body }: Sent,
  origin: RequestOrigin,
  headers: Record<string, string> = {},
): Response {
  const location = operation.answer.location?.(JSON.parse(body))
  const all = {
    'Content-Type': 'application/json',
    ...headers,
    ...(location === undefined ? {} : { Location: `/api/v1${location}` }),
  }
  return finish(new Response(body, { status, headers: all }), origin)
}

export function finish(response: Response, origin: RequestOrigin): Response {
  response.headers.set('Cache-Control', 'no-store')
  response.headers.set('X-Content-Type-Options', 'nosniff')
  response.headers.set('X-Request-Id', origin.requestId)
  response.headers.set('RateLimit-Policy', `"api";q=${REQUESTS_PER_MINUTE};w=60`)
  return response
}

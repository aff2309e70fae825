/**
 * `POST /hooks/{slug}`: what MDMs send. What is refused is a problem document (RFC 9457), a wrong secret and an unknown
 * connector alike; what is taken is answered as the kind of the connector wants it.
 */
import { randomUUID } from 'node:crypto'
import { type ErrorCode, isRefusal, type Refusal } from '@/lib/errors'
import { type HookReception, LARGEST_HOOK_BODY } from '@/lib/services/hook-reception'
import { type DeviceRequest, type DeviceResponse, respond, utf8 } from './device-response'

export interface HookServices {
  hooks: HookReception
}

export { LARGEST_HOOK_BODY }

const PATH = /^\/hooks\/([a-z0-9-]{1,64})\/?$/

export function isHookPath(path: string): boolean {
  return path === '/hooks' || path.startsWith('/hooks/')
}

export async function hookHttpResponse({ hooks }: HookServices, request: DeviceRequest): Promise<DeviceResponse> {
  const requestId = randomUUID()
  if (request.method !== 'POST')
    return problem(405, 'method_not_allowed', 'Messages are sent by POST.', requestId, { Allow: 'POST' })
  if (request.body.length > LARGEST_HOOK_BODY)
    return problem(413, 'payload_too_large', 'A message is at most 64 KiB.', requestId)
  try {
    const { method, headers, body, ip } = request
    // What is no slug is an unknown connector like any other.
    const slug = PATH.exec(request.path)?.[1] ?? ''
    const answer = await hooks.receive(slug, { method, headers, body, ip }, requestId)
    return respond(answer.status, undefined, answer.body, { ...COMMON, 'X-Request-Id': requestId, ...answer.headers })
  } catch (error) {
    if (isRefusal(error)) return refused(error, requestId)
    throw error
  }
}

const COMMON = { 'Cache-Control': 'no-store' }

const STATUS: Record<ErrorCode, number> = {
  unauthenticated: 401,
  forbidden: 403,
  link_refused: 403,
  policy_refused: 403,
  challenge_refused: 403,
  not_found: 404,
  conflict: 409,
  invalid_input: 400,
  csr_rejected: 400,
  rate_limited: 429,
  setup_required: 503,
  unavailable: 503,
}
const TITLES: Record<number, string> = {
  400: 'The message is not understood',
  401: 'The credentials are not right',
  403: 'This is not allowed',
  404: 'There is no such object',
  405: 'The path does not know this method',
  409: 'The message cannot be taken now',
  413: 'The message is too large',
  429: 'Too many messages',
  503: 'A part of the service cannot answer now',
}
const WAIT_SECONDS: Partial<Record<ErrorCode, number>> = { rate_limited: 60, unavailable: 5, setup_required: 60 }

function refused({ code, sentence, reason, fields, retryAfterSeconds }: Refusal, requestId: string): DeviceResponse {
  const wait = retryAfterSeconds ?? WAIT_SECONDS[code]
  const headers = {
    // An older caller sends its Basic credentials only after it was asked for them (jamf.md §3.2).
    ...(code === 'unauthenticated' ? { 'WWW-Authenticate': 'Basic realm="latchkey"' } : {}),
    ...(wait === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(wait))) }),
  }
  return reason === 'too_large'
    ? problem(413, 'payload_too_large', sentence, requestId)
    : problem(STATUS[code], code, sentence, requestId, headers, fields)
}

function problem(
  status: number,
  code: string,
  sentence: string,
  requestId: string,
  headers: Record<string, string> = {},
  fields: Readonly<Record<string, string>> = {},
): DeviceResponse {
  const errors = Object.entries(fields).map(([field, message]) => ({ field, message }))
  const document = {
    type: `urn:latchkey:problem:${code}`,
    title: TITLES[status] ?? 'The message is refused',
    status,
    detail: sentence,
    code,
    requestId,
    ...(errors.length > 0 ? { errors } : {}),
  }
  const body = utf8(JSON.stringify(document))
  return respond(status, 'application/problem+json', body, { ...COMMON, 'X-Request-Id': requestId, ...headers })
}

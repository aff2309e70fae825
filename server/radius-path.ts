/**
 * `POST /api/v1/radius/authorize`: a RADIUS server asks about a certificate that it has just checked. Answered by the front
 * process, for a login waits for it; in the statuses that rlm_rest of FreeRADIUS understands: 401 and 403 are refusals,
 * and 404 would let the device in.
 */
import { randomUUID } from 'node:crypto'
import { isRefusal } from '@/lib/errors'
import { acceptAnswer, plainAnswer, rejectAnswer } from '@/lib/radius/rest-answer'
import { type AccessQuestion, parseQuestion } from '@/lib/radius/rest-request'
import type { Services } from '@/lib/server'
import type { AccessDecision } from '@/lib/services/radius-authorisation'
import type { DeviceRequest, DeviceResponse } from './device-response'

export type RadiusServices = Pick<Services, 'radiusCallers' | 'radiusAuthorisation'> & {
  access: Pick<Services['access'], 'recordDenied'>
}

export const RADIUS_PATH = '/api/v1/radius/authorize'
export const LARGEST_RADIUS_BODY = 64 * 1024
/** An access point waits some seconds, and the RADIUS server asks other things besides. */
const DEADLINE_MS = 2_000

export async function radiusHttpResponse(services: RadiusServices, request: DeviceRequest): Promise<DeviceResponse> {
  if (request.method !== 'POST') return rejected(405, 'method_not_allowed', { Allow: 'POST' })
  if (request.body.length > LARGEST_RADIUS_BODY) return rejected(413, 'request_too_large')
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<DeviceResponse>((resolve) => {
    timer = setTimeout(() => resolve(rejected(503, 'too_late', { 'Retry-After': '5' })), DEADLINE_MS)
  })
  try {
    return await Promise.race([answered(services, request), late])
  } finally {
    clearTimeout(timer)
  }
}

async function answered(services: RadiusServices, request: DeviceRequest): Promise<DeviceResponse> {
  const userAgent = request.headers.get('user-agent')?.slice(0, 256) ?? null
  const origin = { ip: request.ip, userAgent, requestId: randomUUID() }
  try {
    const actor = await services.radiusCallers.actorOf(origin, request.headers.get('authorization'))
    try {
      const question = parseQuestion(request.body)
      if (question === null) return rejected(400, 'question_malformed')
      return responseOf(question, await services.radiusAuthorisation.decide(actor, question))
    } catch (error) {
      if (!isRefusal(error, 'forbidden')) throw error
      const data = { permission: 'radius:authorize', method: 'POST', path: RADIUS_PATH }
      const object = { type: 'system' as const, id: 'authorizeAccess' }
      await services.access.recordDenied({
        type: 'authz.denied',
        outcome: 'denied',
        reason: error.reason,
        actor,
        object,
        data,
      })
      return rejected(403, 'key_has_no_permission')
    }
  } catch (error) {
    if (isRefusal(error, 'unauthenticated')) return rejected(403, 'key_refused')
    if (isRefusal(error, 'rate_limited')) return rejected(429, 'too_many_wrong_keys')
    if (isRefusal(error, 'unavailable')) return rejected(503, 'unavailable', { 'Retry-After': '5' })
    throw error
  }
}

function responseOf({ form }: AccessQuestion, decision: AccessDecision): DeviceResponse {
  if (decision.accept)
    return json(200, form === 'plain' ? plainAnswer('accept', null, decision.granted) : acceptAnswer(decision.granted))
  const status = decision.about === 'certificate' ? 401 : 403
  return form === 'plain' ? json(status, plainAnswer('reject', decision.reason)) : rejected(status, decision.reason)
}

function rejected(status: number, reason: string, headers: Record<string, string> = {}): DeviceResponse {
  return json(status, rejectAnswer(reason), headers)
}

/** A content type without parameters: rlm_rest compares all of it. */
function json(status: number, document: unknown, more: Record<string, string> = {}): DeviceResponse {
  const body = new TextEncoder().encode(JSON.stringify(document))
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(body.byteLength),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...more,
  }
  return { status, headers, body }
}

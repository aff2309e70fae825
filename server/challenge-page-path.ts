/**
 * `/certsrv/mscep_admin/{endpoint}` and its other spellings: the page on which NDES shows a challenge. Status 200 for
 * whatever NDES has a page for. Never a redirect, a cookie, a form or a page of ours: a scraper takes any of them for an
 * answer.
 */
import { randomUUID } from 'node:crypto'
import { isRefusal } from '@/lib/errors'
import {
  cacheFullPage,
  challengePage,
  noPermissionPage,
  pageBytes,
  pageCredentials,
  pageTarget,
  plainPage,
} from '@/lib/scep/ndes-page'
import type { Services } from '@/lib/server'
import type { PageAnswer } from '@/lib/services/challenge-page'
import { type DeviceRequest, type DeviceResponse, respond, text } from './device-response'

export type ChallengePageServices = Pick<Services, 'challengePage'>

export const LARGEST_PAGE_BODY = 16 * 1024

export async function challengePageResponse(
  services: ChallengePageServices,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const { method, headers, ip } = request
  const endpoint = pageTarget(request.path)
  if (endpoint === null) return plain(404, 'Not Found')
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Method Not Allowed', { Allow: 'GET, HEAD' })
  const userAgent = headers.get('user-agent')?.slice(0, 256) ?? null
  try {
    const answer = await services.challengePage.ask({
      endpoint,
      credentials: pageCredentials(headers.get('authorization')),
      head: method === 'HEAD',
      secure: request.secure === true,
      origin: { ip, userAgent, requestId: randomUUID() },
    })
    return responseOf(answer)
  } catch (error) {
    if (isRefusal(error, 'unavailable')) return text(503, 'Try again later.', { 'Retry-After': '5' })
    throw error
  }
}

function responseOf(answer: PageAnswer): DeviceResponse {
  switch (answer.outcome) {
    case 'challenge':
      return page(challengePage(answer.challenge, answer.thumbprint, answer.ttlMinutes), answer.encoding)
    case 'cache_full':
      return page(cacheFullPage(answer.ttlMinutes), answer.encoding)
    case 'no_permission':
      return page(noPermissionPage(), answer.encoding)
    case 'unauthorised':
      return plain(401, 'Unauthorized', { 'WWW-Authenticate': `Basic realm="${answer.realm}"` })
    case 'insecure':
      // Without a challenge to sign in: nobody is invited to send a secret that everybody could read.
      return plain(403, 'Forbidden: use HTTPS')
    case 'too_many':
      return plain(429, 'Too Many Requests', { 'Retry-After': String(answer.retryAfterSeconds) })
  }
}

function page(html: string, encoding: Parameters<typeof pageBytes>[1]): DeviceResponse {
  const { contentType, body } = pageBytes(html, encoding)
  return respond(200, contentType, body, NEVER_KEPT)
}

function plain(status: number, title: string, headers: Record<string, string> = {}): DeviceResponse {
  const { body } = pageBytes(plainPage(title), 'utf-8')
  return respond(status, 'text/html', body, { ...NEVER_KEPT, ...headers })
}

/** A challenge stands in the page, and each must be a new one. */
const NEVER_KEPT = {
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
}

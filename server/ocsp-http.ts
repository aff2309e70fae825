/** OCSP over HTTP (RFC 6960 appendix A, RFC 9919 §5 and §6): GET and POST in, an answer with its cache headers out. */
import { isRefusal } from '@/lib/errors'
import { ocspRequestOfPath } from '@/lib/pki/ocsp-path'
import type { Services } from '@/lib/server'
import type { OcspAnswer } from '@/lib/services/ocsp'
import { type DeviceRequest, type DeviceResponse, isFresh, notModified, text } from './device-response'

export interface OcspTarget {
  /** Null for the address that all authorities have in common: the request says which one it is about. */
  slug: string | null
  /** What a GET asks, still encoded. */
  rest: string
}

/** Beyond these nobody reads on; a request may have 2,048 bytes. */
export const LARGEST_OCSP_BODY = 10 * 1024

const NOTHING = new Uint8Array()

/**
 * The responder that a request line is for, or null when it is for none. To be called with the target as it was sent:
 * base64 has slashes, also two in a row, and whoever tidies the path before destroys the request.
 */
export function ocspTarget(url: string): OcspTarget | null {
  const at = url.startsWith('/ocsp') ? 5 : (/^(?:https?:\/\/[^/?]*)?\/+ocsp(?=[/?]|$)/.exec(url)?.[0].length ?? -1)
  const next = url[at]
  if (at < 0 || (next !== undefined && next !== '/' && next !== '?')) return null
  const end = url.indexOf('?', at)
  const path = end < 0 ? url.slice(at) : url.slice(at, end)
  // The base64 of a SEQUENCE begins with a capital M, and no authority's name does.
  const [whole, slug] = /^\/+([a-z0-9-]{1,64})(?=\/|$)/.exec(path) ?? []
  return whole === undefined || slug === undefined
    ? { slug: null, rest: path }
    : { slug, rest: path.slice(whole.length) }
}

export type OcspExchange = Pick<DeviceRequest, 'method' | 'headers' | 'body'>

/** At once when the answer is in memory. An outage is told by the status alone (revocation contract §1.3). */
export function ocspResponse(
  { ocsp }: Pick<Services, 'ocsp'>,
  target: OcspTarget,
  request: OcspExchange,
): DeviceResponse | Promise<DeviceResponse> {
  const { method, body } = request
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
    return text(405, 'Only GET, HEAD and POST.', { Allow: 'GET, HEAD, POST' })
  if (body.length > LARGEST_OCSP_BODY) return text(413, 'The request is too large.')
  const asked = method === 'POST' ? body : (ocspRequestOfPath(target.rest) ?? NOTHING)
  const answer = ocsp.answer(target.slug, asked)
  return answer instanceof Promise ? answer.then((made) => respond(made, request), outage) : respond(answer, request)
}

function respond(answer: OcspAnswer, { method, headers: asked }: OcspExchange): DeviceResponse {
  if (answer.kind !== 'signed') return respondWith(answer.body, answer.kind === 'error' ? 'no-store' : 'max-age=0')
  const { body, thisUpdate, nextUpdate, maxAge, etag } = answer
  const response = respondWith(body, `max-age=${maxAge}, public, no-transform, must-revalidate`)
  response.headers['Last-Modified'] = httpDate(thisUpdate)
  response.headers.Expires = httpDate(nextUpdate)
  response.headers.ETag = etag
  if (method !== 'POST' && isFresh(asked, etag, thisUpdate)) {
    const { 'Content-Type': _type, 'Content-Length': _length, ...rest } = response.headers
    return notModified(rest)
  }
  return response
}

/** By the second, of which a day has few and thousands of answers share each. */
const httpDates = new Map<number, string>()
const MOST_DATES = 10_000

function httpDate(date: Date): string {
  const time = date.getTime()
  const known = httpDates.get(time)
  if (known !== undefined) return known
  if (httpDates.size >= MOST_DATES) httpDates.clear()
  const text = date.toUTCString()
  httpDates.set(time, text)
  return text
}

/** HTTP 200 whenever there is an OCSP message, errors included: many clients look at nothing else. */
function respondWith(body: Uint8Array, cacheControl: string): DeviceResponse {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/ocsp-response',
      'Content-Length': String(body.length),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': cacheControl,
    },
    body,
  }
}

function outage(error: unknown): DeviceResponse {
  if (!isRefusal(error, 'unavailable')) throw error
  return unavailable()
}

export function unavailable(): DeviceResponse {
  return {
    status: 503,
    headers: { 'Content-Length': '0', 'Cache-Control': 'no-store', 'Retry-After': '5' },
    body: NOTHING,
  }
}

/** HTTP answers of the SCEP endpoint: exact content types, never cached, nothing of ours in an error. */
import type { ScepResponse } from './scep-enrolment'

const NO_STORE = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
const EMPTY = new Uint8Array(0)

export type ScepContentType =
  | 'text/plain'
  | 'application/x-x509-ca-ra-cert'
  | 'application/x-x509-next-ca-cert'
  | 'application/x-pki-message'

/** Apple and certmonger compare the type as an exact string: no parameters, lower case (scep.md §1.6). */
export function answer(contentType: ScepContentType, body: Uint8Array): ScepResponse {
  return { status: 200, contentType, body, headers: { ...NO_STORE } }
}

export function refuseHttp(status: 400 | 404 | 405 | 413 | 415, headers: Record<string, string> = {}): ScepResponse {
  return { status, body: EMPTY, headers: { ...NO_STORE, ...headers } }
}

export function comeBackLater(status: 429 | 503, afterSeconds: number): ScepResponse {
  return { status, body: EMPTY, headers: { ...NO_STORE, 'Retry-After': String(Math.max(1, Math.ceil(afterSeconds))) } }
}

/** The id leads to the log line; the device learns nothing else. */
export function internalError(requestId: string): ScepResponse {
  return { status: 500, body: EMPTY, headers: { ...NO_STORE, 'X-Request-Id': requestId } }
}

/** Refusals in the words of RFC 9457: one table from codes to HTTP, and nothing that a caller should not learn. */
import { type ErrorCode, Refusal } from '@/lib/errors'

/** What can go wrong before a service is asked, and what nobody foresaw. */
export type TransportCode =
  | 'malformed_request'
  | 'unknown_path'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'internal_error'

export type ProblemCode = ErrorCode | TransportCode

/** A new code does not compile until it is answered here. */
export const PROBLEMS: Record<ProblemCode, { status: number; title: string }> = {
  malformed_request: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  link_refused: { status: 403, title: 'The link is not valid' },
  not_found: { status: 404, title: 'There is no such object' },
  unknown_path: { status: 404, title: 'There is no such path' },
  method_not_allowed: { status: 405, title: 'The path does not know this method' },
  conflict: { status: 409, title: 'The state of the object does not allow this' },
  setup_required: { status: 409, title: 'The installation is not set up yet' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be plain JSON' },
  invalid_input: { status: 422, title: 'A field is not valid' },
  challenge_refused: { status: 422, title: 'The challenge is refused' },
  csr_rejected: { status: 422, title: 'The certificate request is rejected' },
  policy_refused: { status: 422, title: 'The policy does not allow this' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'A part of the service cannot answer now' },
}

export const PROBLEM_TYPE = 'application/problem+json'
export const problemUri = (code: ProblemCode) => `urn:latchkey:problem:${code}`

/** A fault of the request itself, found by the door before any service is asked. */
export class TransportFault extends Error {
  readonly code: TransportCode
  readonly sentence: string
  readonly headers: Record<string, string>

  constructor(code: TransportCode, sentence: string, headers: Record<string, string> = {}) {
    super(sentence)
    this.name = 'TransportFault'
    this.code = code
    this.sentence = sentence
    this.headers = headers
  }
}

/** The answer to anything thrown. What is neither a refusal nor a fault of the request says nothing but its id. */
export function problemResponse(error: unknown, requestId: string): Response {
  if (error instanceof Refusal)
    return problem(error.code, error.sentence, requestId, refusalHeaders(error), error.fields)
  if (error instanceof TransportFault) return problem(error.code, error.sentence, requestId, error.headers)
  const sentence = 'Nothing you sent explains this. Try again, and quote the request id if it happens again.'
  return problem('internal_error', sentence, requestId)
}

function problem(
  code: ProblemCode,
  sentence: string,
  requestId: string,
  headers: Record<string, string> = {},
  fields: Readonly<Record<string, string>> = {},
): Response {
  const { status, title } = PROBLEMS[code]
  const errors = Object.entries(fields).map(([field, message]) => ({ field, message }))
  const document = {
    type: problemUri(code),
    title,
    status,
    detail: sentence,
    code,
    requestId,
    ...(errors.length > 0 ? { errors } : {}),
  }
  return new Response(JSON.stringify(document), { status, headers: { 'Content-Type': PROBLEM_TYPE, ...headers } })
}

function refusalHeaders({ code, retryAfterSeconds }: Refusal): Record<string, string> {
  if (code === 'unauthenticated') return { 'WWW-Authenticate': 'Bearer realm="latchkey"' }
  const seconds = retryAfterSeconds ?? WAIT_SECONDS[code]
  if (seconds === undefined) return {}
  const wait = String(Math.max(1, Math.ceil(seconds)))
  return { 'Retry-After': wait, ...(code === 'rate_limited' ? { RateLimit: `"api";r=0;t=${wait}` } : {}) }
}

/** How long to wait where the refusal does not say. */
const WAIT_SECONDS: Partial<Record<ErrorCode, number>> = { rate_limited: 60, unavailable: 5 }

/** The vocabulary of refusal: what a caller can cause, as a closed list. Everything else is a bug or an outage. */

export type ErrorCode =
  | 'unauthenticated' // nobody is signed in, or the key is unknown, expired or revoked
  | 'forbidden' // signed in, but the role may not
  | 'not_found' // no such object, or none that the caller may know of
  | 'invalid_input' // a form, body or argument that breaks its schema; fields says where
  | 'conflict' // the object is not in a state that allows it, or the name is taken
  | 'rate_limited' // try again after retryAfterSeconds
  | 'setup_required' // the installation has no organisation yet
  | 'link_refused' // a set-up link that is unknown, spent or expired
  | 'challenge_refused' // unknown, spent, expired, revoked, of another endpoint, or the CSR says something else
  | 'csr_rejected' // malformed, bad signature, weak key, forbidden extension
  | 'policy_refused' // well-formed, but the profile or the endpoint does not allow it
  | 'unavailable' // signer, database or audit cannot answer: nothing was done, try again

/**
 * Something a caller can cause. `sentence` may be shown to a person who is signed in or to an API caller: it says what
 * to do next and holds no secret. A device never sees it; `detail` goes to the log and the audit trail alone.
 */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly sentence: string
  readonly detail: string
  /** Stable machine-readable cause for the audit trail, such as "challenge_expired". */
  readonly reason: string
  readonly fields: Readonly<Record<string, string>>
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    sentence: string,
    more: { detail?: string; reason?: string; fields?: Record<string, string>; retryAfterSeconds?: number } = {},
  ) {
    super(more.detail ?? sentence)
    this.name = 'Refusal'
    this.code = code
    this.sentence = sentence
    this.detail = more.detail ?? sentence
    this.reason = more.reason ?? code
    this.fields = more.fields ?? {}
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

export function isRefusal(error: unknown, code?: ErrorCode): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code)
}

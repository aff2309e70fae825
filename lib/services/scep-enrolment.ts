/** The story of one SCEP request: open, answer a resend as before, redeem, issue, seal. */

export interface ScepRequest {
  /** Endpoint slug from the URL. */
  endpoint: string
  method: string
  /** Raw query string without the question mark, never a parsed map: '+' must survive (scep.md §1.4). */
  query: string
  body: Uint8Array
  contentEncoding: string | null
  ip: string | null
  userAgent: string | null
}

export interface ScepResponse {
  status: number
  /** Exact content type, no parameters. Absent for errors without a body. */
  contentType?: string
  body: Uint8Array
  headers?: Record<string, string>
}

export interface ScepEnrolmentService {
  /** Never throws for what a client sent: 4xx, a signed FAILURE, or 503 when a part of ours cannot answer. */
  handle(request: ScepRequest): Promise<ScepResponse>
}

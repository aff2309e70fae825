/** Requests and answers as plain facts, whatever serves them. */

export interface DeviceRequest {
  method: string
  /** Undecoded, without the query. */
  path: string
  /** Raw, without the question mark: '+' must survive (scep.md §1.4). */
  query: string
  headers: { get(name: string): string | null }
  body: Uint8Array
  ip: string | null
  /** Whether the caller's own connection is known to be encrypted. */
  secure?: boolean
  /** Whether the client has hung up. */
  gone?: () => boolean
  /** Such as 1.1. */
  httpVersion?: string
}

export interface DeviceResponse {
  status: number
  /** Complete, Content-Length included; a content type has no parameters. */
  headers: Record<string, string>
  /** To be left out when the request was HEAD. */
  body: Uint8Array
}

/** A plain sentence, for people who try a URL in a browser. */
export function text(status: number, sentence: string, headers: Record<string, string> = {}): DeviceResponse {
  return respond(status, 'text/plain', utf8(`${sentence}\n`), { 'Cache-Control': 'no-store', ...headers })
}

export function notModified(headers: Record<string, string>): DeviceResponse {
  return { status: 304, headers, body: new Uint8Array() }
}

export function respond(
  status: number,
  contentType: string | undefined,
  body: Uint8Array,
  headers: Record<string, string>,
): DeviceResponse {
  const length = { 'Content-Length': String(body.byteLength), 'X-Content-Type-Options': 'nosniff' }
  return { status, headers: { ...(contentType ? { 'Content-Type': contentType } : {}), ...length, ...headers }, body }
}

/** RFC 9110 §13.2.2: If-None-Match decides, If-Modified-Since only in its absence. */
export function isFresh(headers: DeviceRequest['headers'], etag: string, modified: Date | null): boolean {
  const known = headers.get('if-none-match')
  if (known !== null)
    return known.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
  const since = Date.parse(headers.get('if-modified-since') ?? '')
  return modified !== null && Math.floor(modified.getTime() / 1000) * 1000 <= since
}

export function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

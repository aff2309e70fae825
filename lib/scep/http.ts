/** SCEP over HTTP (RFC 8894 §4.1): operation, message bytes and endpoint slug, with every client's quirks. */

export type ScepOperation = 'GetCACaps' | 'GetCACert' | 'PKIOperation' | 'GetNextCACert'

export interface ScepHttpRequest {
  method: string
  /**
   * Raw, without the question mark. Never a parsed map: the form rule turns '+' into a space, which base64 cannot
   * spare.
   */
  query: string
  body: Uint8Array
  contentEncoding: string | null
}

export type ScepHttp =
  | {
      operation: ScepOperation
      /** The pkiMessage; present for PKIOperation alone. */
      message?: Uint8Array
      /** Asked as GetCACertChain or GetCAChain, which old drafts had and certmonger still sends. */
      chainOperation?: boolean
    }
  | { status: 400 | 405 | 413 | 415; allow?: string }

export function parseScepHttp(request: ScepHttpRequest, maxBodyBytes: number): ScepHttp {
  const { method, query, body, contentEncoding } = request
  if (method !== 'GET' && method !== 'POST' && method !== 'HEAD') return NOT_ALLOWED
  const parameters = parseQuery(query)
  const known = operationOf(parameters, method)
  if (!known) return { status: 400 }
  if (known.operation !== 'PKIOperation') return known
  if (method === 'HEAD') return NOT_ALLOWED
  if (method === 'GET') return messageOfQuery(parameters, maxBodyBytes)
  if (contentEncoding !== null && !/^(identity)?$/i.test(contentEncoding.trim())) return { status: 415 }
  if (body.length > maxBodyBytes) return { status: 413 }
  return body.length === 0 ? { status: 400 } : { operation: 'PKIOperation', message: body }
}

const NOT_ALLOWED = { status: 405, allow: 'GET, HEAD, POST' } as const

/**
 * The endpoint's slug in a path, '' for the paths that name the default endpoint, null for no SCEP path. Windows and
 * Cisco append "/pkiclient.exe" to whatever they were given, sometimes to a URL that has it already.
 */
export function slugOfPath(path: string): string | null {
  const [pathname = ''] = path.split('?', 1)
  if (pathname.length > 512 || !/^\/[A-Za-z0-9._~/-]*$/.test(pathname)) return null
  const [first, second, ...tail] = pathname.split('/').filter((segment) => segment !== '')
  if ([second, ...tail].some((segment) => segment === '.' || segment === '..') || tail.length > 4) return null
  if (first === 'scep') return second !== undefined && /^[a-z0-9-]{1,64}$/.test(second) ? second : null
  const alias = [first, second].join('/').toLowerCase()
  const rest = tail.map((segment) => segment.toLowerCase())
  const client = (segment: string): boolean => segment === 'pkiclient.exe'
  if (alias === 'cgi-bin/pkiclient.exe') return rest.every(client) ? '' : null
  return alias === 'certsrv/mscep' && rest[0] === 'mscep.dll' && rest.slice(1).every(client) ? '' : null
}

interface Parameter {
  key: string
  /** Not decoded. */
  value: string
}

/** Splits at '&' only, each pair at its first '='. */
function parseQuery(query: string): Parameter[] {
  const pairs = query.replace(/^\?/, '').split('&', 100)
  return pairs.map((pair) => {
    const equals = pair.indexOf('=')
    const key = equals === -1 ? pair : pair.slice(0, equals)
    return { key: percentDecode(key).toLowerCase(), value: equals === -1 ? '' : pair.slice(equals + 1) }
  })
}

const OPERATIONS: Readonly<Record<string, ScepHttp & { operation: ScepOperation }>> = {
  getcacaps: { operation: 'GetCACaps' },
  getcacert: { operation: 'GetCACert' },
  getcacertchain: { operation: 'GetCACert', chainOperation: true },
  getcachain: { operation: 'GetCACert', chainOperation: true },
  getnextcacert: { operation: 'GetNextCACert' },
  pkioperation: { operation: 'PKIOperation' },
}

/** Many servers never look at the operation of a POST, so clients leave it out (RFC 8894 §4.3). */
function operationOf(
  parameters: readonly Parameter[],
  method: string,
): (ScepHttp & { operation: ScepOperation }) | null {
  const value = parameters.find(({ key }) => key === 'operation')?.value ?? ''
  if (value === '' && method === 'POST') return { operation: 'PKIOperation' }
  return OPERATIONS[percentDecode(value).toLowerCase()] ?? null
}

function messageOfQuery(parameters: readonly Parameter[], maxBytes: number): ScepHttp {
  const [message, second] = parameters.filter(({ key }) => key === 'message')
  if (!message || second) return { status: 400 }
  if (message.value.length > LONGEST_SPELLING * maxBytes) return { status: 413 }
  const bytes = decodeMessage(message.value)
  if (!bytes || bytes.length === 0) return { status: 400 }
  return bytes.length > maxBytes ? { status: 413 } : { operation: 'PKIOperation', message: bytes }
}

/** Characters an octet takes at most: four thirds in base64, each of them escaped twice. Beyond it nothing is decoded. */
const LONGEST_SPELLING = 8

/**
 * Base64 as the field sends it: macOS and jscep leave '+' and '/' bare, form parsers on the way turn '+' into a space,
 * sscep, strongSwan and Cisco break lines, an old micromdm client used base64url, some drop the padding, some proxies
 * escape twice.
 */
function decodeMessage(value: string): Uint8Array | null {
  const once = percentDecode(value)
  const text = (once.includes('%') ? percentDecode(once) : once)
    .replace(/[\r\n\t]/g, '')
    .replace(/[ -]/g, '+')
    .replaceAll('_', '/')
    .replace(/={1,3}$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) return null
  return Buffer.from(text, 'base64')
}

/** %XX to the octet, as a Latin-1 character; everything else stays, a stray '%' too. */
function percentDecode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

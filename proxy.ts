/**
 * Headers of every page, and the nonce of its content security policy. Never authorisation: that lives in each page,
 * action and route handler, because Next's middleware has been bypassed more than once.
 */
import { type NextRequest, NextResponse } from 'next/server'

// biome-ignore lint/style/noProcessEnv: a constant that Next writes in at build time; no built portal has the loose policy.
const DEVELOPMENT = process.env.NODE_ENV === 'development'

/** Where report-to is said, some browsers pass over report-uri, and its endpoint they take from https alone. */
const REPORTS = '/api/csp-reports'

export function proxy(request: NextRequest) {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const https = request.headers.get('x-forwarded-proto') === 'https'
  const policy = contentSecurityPolicy(nonce, https)

  // Next reads the nonce from this request header and puts it on its own scripts and styles.
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  headers.set('x-nonce', nonce)
  // Only to come back here after signing in; overwritten, so a client cannot choose it.
  headers.set('x-page', request.nextUrl.pathname + request.nextUrl.search)

  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('cache-control', 'no-store, private')
  if (https) {
    response.headers.set('strict-transport-security', 'max-age=63072000; includeSubDomains')
    response.headers.set('reporting-endpoints', `csp="${REPORTS}"`)
  }
  return response
}

function contentSecurityPolicy(nonce: string, https: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${DEVELOPMENT ? " 'unsafe-eval'" : ''}`,
    `style-src 'self' ${DEVELOPMENT ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "manifest-src 'self'",
    `report-uri ${REPORTS}`,
    ...(https ? ['report-to csp', 'upgrade-insecure-requests'] : []),
  ].join('; ')
}

export const config = {
  // Device and status paths keep their exact headers; static files need no policy.
  matcher: [
    '/((?!api/v1|scep|cgi-bin|certsrv|crl/|ca/|trust/[^/]+/.|\\.well-known/latchkey/|ocsp|hooks/|acme|healthz|readyz|_next/static|favicon.svg).*)',
  ],
}

/** The headers of every page. */
import { NextRequest } from 'next/server'
import { expect, test } from 'vitest'
import { config, proxy } from '@/proxy'

const respond = (headers: Record<string, string> = {}) =>
  proxy(new NextRequest('http://localhost:3000/certificates?status=valid', { headers }))
const policyOf = (response: Response) => response.headers.get('content-security-policy') ?? ''

test('the policy trusts a nonce of its own per response and nothing that is unsafe', () => {
  const [first, second] = [policyOf(respond()), policyOf(respond())]
  const nonce = /script-src 'nonce-([A-Za-z0-9+/]{22}==)' 'strict-dynamic';/.exec(first)?.[1]
  expect(nonce).toBeDefined()
  expect(first).toContain(`style-src 'self' 'nonce-${nonce}'`)
  expect(second).not.toContain(nonce)
  expect(first).not.toMatch(/unsafe|\*|https?:/)
  expect(first).toContain("default-src 'none'")
  expect(first).toContain("frame-ancestors 'none'")
})

test('what the policy stops is reported to us, in the way that browsers know on https and without', () => {
  const secure = respond({ 'x-forwarded-proto': 'https' })
  expect(policyOf(secure)).toContain('report-uri /api/csp-reports; report-to csp')
  expect(secure.headers.get('reporting-endpoints')).toBe('csp="/api/csp-reports"')
  expect(policyOf(respond())).toMatch(/; report-uri \/api\/csp-reports$/)
  expect(respond().headers.get('reporting-endpoints')).toBeNull()
})

test('nothing of a signed-in page is kept on the way', () => {
  expect(respond().headers.get('cache-control')).toBe('no-store, private')
})

test('only behind https is the browser told to stay there', () => {
  expect(respond().headers.get('strict-transport-security')).toBeNull()
  const secure = respond({ 'x-forwarded-proto': 'https' })
  expect(secure.headers.get('strict-transport-security')).toContain('max-age=')
  expect(policyOf(secure)).toContain('upgrade-insecure-requests')
})

test('a client can choose neither the nonce nor the page it comes back to', () => {
  const response = respond({ 'x-nonce': 'mine', 'x-page': '//evil.example' })
  expect(response.headers.get('x-middleware-request-x-nonce')).not.toBe('mine')
  expect(response.headers.get('x-middleware-request-x-page')).toBe('/certificates?status=valid')
})

test.each([
  '/scep/staff',
  '/crl/staff.crl',
  '/ca/staff.cer',
  '/trust/staff/root.pem',
  '/.well-known/latchkey/staff/jwks.json',
  '/api/v1/groups',
  '/healthz',
  '/cgi-bin/pkiclient.exe',
  '/_next/static/x.js',
])('%s keeps its own headers', (path) =>
  expect(config.matcher.some((pattern) => new RegExp(`^${pattern}$`).test(path))).toBe(false),
)

test.each(['/', '/certificates', '/sign-in', '/api/auth/session', '/trust/staff', '/trustees'])(
  '%s is given them',
  (path) => {
    expect(config.matcher.some((pattern) => new RegExp(`^${pattern}$`).test(path))).toBe(true)
  },
)

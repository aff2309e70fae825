/** /hooks over HTTP: refusals in the words of RFC 9457, and nothing that tells a stranger which connectors there are. */
import { expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { HookReception } from '@/lib/services/hook-reception'
import type { DeviceRequest } from './device-response'
import { hookHttpResponse, LARGEST_HOOK_BODY } from './hook-path'

const answering = (answer: () => never | { status: number; headers: Record<string, string>; body: Uint8Array }) => {
  const slugs: string[] = []
  const hooks: HookReception = {
    async receive(slug) {
      slugs.push(slug)
      return answer()
    },
  }
  return { hooks, slugs }
}
const request = (more: Partial<DeviceRequest> = {}): DeviceRequest => ({
  method: 'POST',
  path: '/hooks/mosyle',
  query: '',
  headers: new Headers(),
  body: new Uint8Array(),
  ip: '192.0.2.1',
  ...more,
})
const read = (body: Uint8Array) => JSON.parse(Buffer.from(body).toString())

test('what the kind answers leaves as it is', async () => {
  const body = Buffer.from('8CE3')
  const services = answering(() => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body }))
  const response = await hookHttpResponse(services, request())
  expect(response).toMatchObject({
    status: 200,
    headers: { 'Content-Type': 'text/plain', 'Content-Length': '4', 'Cache-Control': 'no-store' },
    body,
  })
  expect(services.slugs).toEqual(['mosyle'])
})

test.each([
  ['unauthenticated', 401, { 'WWW-Authenticate': 'Basic realm="latchkey"' }],
  ['invalid_input', 400, {}],
  ['conflict', 409, {}],
  ['policy_refused', 403, {}],
  ['rate_limited', 429, { 'Retry-After': '60' }],
  ['unavailable', 503, { 'Retry-After': '5' }],
] as const)('%s is a problem document with status %i', async (code, status, headers) => {
  const services = answering(() => {
    throw new Refusal(code, 'A sentence.', { detail: 'for the log alone', fields: { type: 'Say it.' } })
  })
  const response = await hookHttpResponse(services, request())
  expect(response).toMatchObject({ status, headers: { 'Content-Type': 'application/problem+json', ...headers } })
  expect(read(response.body)).toMatchObject({
    type: `urn:latchkey:problem:${code}`,
    status,
    detail: 'A sentence.',
    requestId: response.headers['X-Request-Id'],
    errors: [{ field: 'type', message: 'Say it.' }],
  })
  expect(Buffer.from(response.body).toString()).not.toContain('for the log alone')
})

test('other methods and bodies too large are refused before anybody is asked', async () => {
  const services = answering(() => ({ status: 200, headers: {}, body: new Uint8Array() }))
  const read405 = await hookHttpResponse(services, request({ method: 'GET' }))
  expect(read405).toMatchObject({ status: 405, headers: { Allow: 'POST' } })
  const large = await hookHttpResponse(services, request({ body: new Uint8Array(LARGEST_HOOK_BODY + 1) }))
  expect(large.status).toBe(413)
  expect(services.slugs).toEqual([])
})

test('a path that names no connector is asked about like any other', async () => {
  const services = answering(() => {
    throw new Refusal('unauthenticated', 'The credentials of this message are not right.')
  })
  const paths = ['/hooks', '/hooks/', '/hooks/a/b', '/hooks/UPPER', '/hooks/mosyle/', '/hooks/mosyle']
  const answers = await Promise.all(paths.map((path) => hookHttpResponse(services, request({ path }))))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  expect(services.slugs.toSorted()).toEqual(['', '', '', '', 'mosyle', 'mosyle'])
})

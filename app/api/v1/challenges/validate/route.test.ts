/** The path that keys and webhooks share: bytes reach the service as they came, and nobody unsigned learns anything. */
import { beforeEach, expect, test, vi } from 'vitest'
import { apiRequest, context, fakeServices } from '@/app/api/_testing'
import { Refusal } from '@/lib/errors'
import type { Services } from '@/lib/server'
import type { ReceiverMessage } from '@/lib/services/receivers'
import { POST } from './route'

const wired = vi.hoisted(() => ({ services: undefined as Services | undefined }))
vi.mock('@/lib/server', () => ({ server: () => wired.services }))

let received: ReceiverMessage[]
const answering = (answer: () => { allow: boolean } | null) => {
  received = []
  wired.services = fakeServices({
    validation: { validate: async () => Promise.reject(new Error('not for keys')) },
    receivers: {
      async receive(_origin, message) {
        received.push(message)
        return answer()
      },
    },
  }).services
}
beforeEach(() => answering(() => ({ allow: true })))

/** As step-ca posts: no key, no Content-Type. */
const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  POST(
    new Request('http://portal.example/api/v1/challenges/validate', {
      method: 'POST',
      body,
      headers: { 'x-smallstep-webhook-id': 'hook', 'x-smallstep-signature': 'ab', ...headers },
    }),
    context(),
  )

test('the very bytes arrive, whatever their type is said to be', async () => {
  const body = Buffer.from('{ "timestamp" : "x" }\n\u00e9\0')
  for (const type of ['', 'text/plain', 'application/json']) {
    const response = await post(body, type === '' ? {} : { 'content-type': type })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ allow: true })
    expect(Buffer.from(received.at(-1)?.body ?? [])).toEqual(body)
    expect(received.at(-1)).toMatchObject({ webhookId: 'hook', signature: 'ab' })
  }
})

test('a message that nobody vouches for is 401, with no word of why', async () => {
  answering(() => null)
  const response = await post('{}')
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
})

test('whoever keeps sending unsigned messages is told to wait', async () => {
  answering(() => null)
  const statuses = new Set<number>()
  for (let time = 0; time < 70; time++) statuses.add((await post('{}')).status)
  expect([...statuses]).toEqual([401, 429])
})

test('more than 256 KiB is not read', async () => {
  expect((await post(Buffer.alloc(256 * 1_024))).status).toBe(200)
  expect((await post(Buffer.alloc(256 * 1_024 + 1))).status).toBe(413)
  expect(received).toHaveLength(1)
})

test('an outage is 503, which the sender may repeat', async () => {
  answering(() => {
    throw new Refusal('unavailable', 'The database does not answer.')
  })
  expect((await post('{}')).status).toBe(503)
})

test('a fault of ours is 500 and says nothing but its id', async () => {
  answering(() => {
    throw new Error('secret detail')
  })
  const response = await post('{}')
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret detail')
})

test('without the header it is an operation for keys', async () => {
  const response = await POST(apiRequest('/challenges/validate', { key: null, json: {} }), context())
  expect(response.status).toBe(401)
  expect(received).toEqual([])
})

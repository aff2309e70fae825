/** Device paths behind plain Next: the same facts reach the same functions as in the front process. */
import { beforeEach, expect, test, vi } from 'vitest'
import { deviceRoute } from '@/app/api/_device'
import type { DeviceRequest } from '@/server/device-paths'

const told = vi.hoisted(() => ({ requests: [] as unknown[], reply: {} as unknown }))
vi.mock('@/lib/server', () => ({ server: () => 'the services' }))
vi.mock('@/server/device-paths', () => ({
  deviceResponse: async (_services: unknown, request: unknown) => {
    told.requests.push(request)
    return told.reply
  },
}))

beforeEach(() => {
  told.requests = []
  told.reply = {
    status: 200,
    headers: { 'Content-Type': 'application/x-pki-message', 'Content-Length': '3' },
    body: new Uint8Array([1, 2, 3]),
  }
})
const heard = () => told.requests[0] as DeviceRequest

test('the query arrives as it was sent, the plus sign included', async () => {
  await deviceRoute(
    new Request('http://portal.example/scep/staff/pkiclient.exe?operation=PKIOperation&message=MIA+a/b%2B%0A=='),
  )
  expect(heard()).toMatchObject({
    method: 'GET',
    path: '/scep/staff/pkiclient.exe',
    query: 'operation=PKIOperation&message=MIA+a/b%2B%0A==',
  })
})

test('a body arrives byte for byte, and the answer leaves so', async () => {
  const response = await deviceRoute(
    new Request('http://portal.example/scep/staff', {
      method: 'POST',
      body: new Uint8Array([0, 255, 10]),
      headers: { 'x-forwarded-for': '192.0.2.7' },
    }),
  )
  expect([...heard().body]).toEqual([0, 255, 10])
  expect([heard().ip, heard().query]).toEqual(['192.0.2.7', ''])
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3])
  expect(response.headers.get('content-type')).toBe('application/x-pki-message')
})

test('of a body too large no more is read than it takes to see that', async () => {
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(32 * 1024))
    },
  })
  const sent = { method: 'POST', body: endless, duplex: 'half' } as RequestInit
  await deviceRoute(new Request('http://portal.example/scep/staff', sent))
  expect(heard().body.length).toBe(128 * 1024 + 1)
  expect(pulled).toBeLessThan(10)
})

test('HEAD and 304 have headers and no body', async () => {
  const head = await deviceRoute(new Request('http://portal.example/crl/staff.crl', { method: 'HEAD' }))
  expect([head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual(['3', 0])
  told.reply = { status: 304, headers: { ETag: '"x"' }, body: new Uint8Array() }
  expect((await deviceRoute(new Request('http://portal.example/crl/staff.crl'))).status).toBe(304)
})

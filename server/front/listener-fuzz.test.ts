/** Octets on the port itself: whatever they are, the process goes on answering, and never with a fault of its own. */
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { damaged } from '@/e2e/fuzz/bytes'
import { chance } from '@/e2e/fuzz/random'
import { enrolmentPortal, memoryEnrolmentBacking } from '@/lib/services/testing/enrolment'
import { withoutHooks } from '@/server/testing/without-hooks'
import { withoutRadius } from '@/server/testing/without-radius'
import { callerReader, proxyCheck } from './client-address'
import { createFront } from './listener'
import { createMetrics } from './metrics'
import { createPortal } from './portal'

const ROUNDS = 5_000
const AT_ONCE = 25

let front: Server
let port: number
const logged: string[] = []

beforeAll(async () => {
  const portal = await enrolmentPortal(memoryEnrolmentBacking(), {}, { pause: async () => {} })
  front = createFront({
    services: {
      ...withoutRadius,
      ...withoutHooks,
      scepEnrolment: portal.scep,
      status: portal.status,
      ocsp: portal.ocsp,
      trust: portal.trust,
      minters: portal.minters,
      ready: async () => ({ database: true, signer: true }),
    },
    portal: createPortal('/nowhere/web.sock'),
    metrics: createMetrics(new Date(0)),
    callerOf: callerReader(['127.0.0.1/32']),
    isProxy: proxyCheck([]),
    webAnswers: async () => false,
    log: (line) => void logged.push(line),
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  port = (front.address() as AddressInfo).port
})

afterAll(() => {
  front.closeAllConnections()
  front.close()
})

/** Everything that comes back until the other side ends, or we have nothing more to say. */
function exchange(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
    })
    socket.on('close', () => resolve(answer)).on('error', () => resolve(answer))
    socket.setTimeout(2_000, () => socket.destroy())
  })
}

const SOUND = [
  'GET /scep/staff?operation=GetCACaps HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET /scep/staff/pkiclient.exe?operation=PKIOperation&message=MIIB%2BAYJ%3D HTTP/1.0\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n',
  'POST /scep/staff?operation=PKIOperation HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\x30\x02\x05\x00',
  'POST /certsrv/mscep/mscep.dll HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n0\x80\r\n0\r\n\r\n',
  'GET /certsrv/mscep_admin/staff HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ZmxlZXQ6c2VjcmV0\r\nConnection: close\r\n\r\n',
  'GET /crl/staff.crl HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\nConnection: close\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'))

test('whatever arrives on the port is answered or cut off, and the next one is served', async () => {
  const by = chance(20_261_130)
  const statuses = new Map<number, number>()
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => exchange(damaged(by.one(SOUND), by))))
    for (const answer of answers)
      for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm))
        statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1)
  }
  // 503 is what the portal's pages answer here, for there is no web process behind this port.
  expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([])
  expect(statuses.get(200)).toBeGreaterThan(20)
  expect(statuses.get(400)).toBeGreaterThan(20)
  expect(logged).toEqual([])
  expect(await exchange(SOUND[0] as Buffer)).toContain('SCEPStandard')
})

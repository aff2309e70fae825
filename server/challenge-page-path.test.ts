/** The challenge page over HTTP, through the front's own listener: its bytes, its headers, and what it never does. */
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { fetchPage, SCRAPERS } from '@/e2e/simulators/ndes-scrapers'
import { Refusal } from '@/lib/errors'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { callerReader } from './front/client-address'
import { createFront } from './front/listener'
import { createMetrics } from './front/metrics'
import { createPortal } from './front/portal'
import { withoutHooks } from './testing/without-hooks'
import { withoutRadius } from './testing/without-radius'

let portal: EnrolmentPortal
let front: Server
let base: string
let port: number
let secret: string
let logged: string[]
let broken: Error | null = null

/** As the proxy in front says it. */
const TLS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.9' }

beforeAll(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
  ;({ secret } = await portal.pageAccounts.create(actor('admin'), portal.slug, {
    name: 'Fleet',
    subjectTemplate: 'CN=tablet-*,O=Example',
    allowedAddresses: ['192.0.2.0/24'],
  }))
  front = createFront({
    services: {
      ...withoutRadius,
      ...withoutHooks,
      challengePage: {
        ask: (request) => (broken === null ? portal.challengePage.ask(request) : Promise.reject(broken)),
      },
      scepEnrolment: portal.scep,
      minters: portal.minters,
      status: portal.status,
      ocsp: portal.ocsp,
      trust: portal.trust,
      ready: async () => ({ database: true, signer: true }),
    },
    portal: createPortal('/nowhere.sock'),
    metrics: createMetrics(new Date(0)),
    callerOf: callerReader(['127.0.0.1/32']),
    isProxy: () => true,
    webAnswers: async () => true,
    log: (line) => void logged.push(line),
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  port = (front.address() as AddressInfo).port
  base = `http://127.0.0.1:${port}`
})

beforeEach(() => {
  logged = []
  broken = null
  portal.time.now = new Date(portal.time.now.getTime() + 120_000)
})

afterAll(() => {
  front.closeAllConnections()
  front.close()
})

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${base}${path}`, { method, redirect: 'manual', headers: { ...TLS, ...headers } })
const minted = async () => (await portal.challenges.list(actor('admin'), {}, { limit: 200 })).items.length

test.each([
  '/certsrv/mscep_admin/staff',
  '/certsrv/mscep_admin/staff/',
  '/CertSrv/MSCEP_ADMIN/Staff/',
  '/scep/staff/certsrv/mscep_admin',
  '/SCEP/staff/CertSrv/mscep_admin/',
  '/certsrv/mscep_admin',
  '/CertSrv/mscep_admin/',
  '/certsrv/mscep_admin/staff?x=1',
])('%s is answered directly, and its challenge enrols once', async (path) => {
  const response = await get(path, { authorization: basic('EXAMPLE\\Fleet', secret) })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('pragma')).toBe('no-cache')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  for (const never of ['set-cookie', 'location', 'etag', 'last-modified'])
    expect(response.headers.get(never), never).toBeNull()
  const body = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('content-length')).toBe(String(body.length))
  const [, challenge = ''] =
    /^<HTML>.*: <B> [0-9A-F]{8}( [0-9A-F]{8}){7} <\/B> <P> The enrollment challenge password is: <B> ([0-9A-F]{32}) <\/B> <P> This password can be used only once and will expire within 60 minutes\. <P> .*<\/HTML>$/
      .exec(body.toString('utf16le'))
      ?.slice(1) ?? []
  const enrol = async () => (await portal.device({ challenge, key: 'ec' })).enrol()
  expect(await enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(await enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
  expect(JSON.stringify(portal.logged)).not.toContain(challenge)
  expect(logged).toEqual([])
})

test('every scraper finds the challenge where the account says what it reads', async () => {
  for (const scraper of SCRAPERS)
    for (const encoding of scraper.reads) {
      const { secret: own, view } = await portal.pageAccounts.create(actor('admin'), portal.slug, {
        name: `${scraper.name} ${encoding}`,
        encoding,
        format: 'hex16',
        subjectTemplate: 'CN=tablet-*,O=Example',
        allowedAddresses: ['192.0.2.0/24'],
        mostPending: 1,
      })
      const fetchOne = () =>
        fetchPage(`${base}/certsrv/mscep_admin/staff`, { user: view.user, secret: own, headers: TLS })
      const found = scraper.scrape(await fetchOne())
      expect(found, scraper.name).toMatchObject({
        found: 'challenge',
        challenge: expect.stringMatching(/^[0-9A-F]{16}$/),
      })
      const full = scraper.knows.includes('cache_full') ? 'cache_full' : 'nothing'
      expect(scraper.scrape(await fetchOne()), scraper.name).toEqual({ found: full })
      await portal.pageAccounts.update(actor('admin'), portal.slug, view.id, { enabled: false })
      const denied = scraper.knows.includes('no_permission') ? 'no_permission' : 'nothing'
      expect(scraper.scrape(await fetchOne()), scraper.name).toEqual({ found: denied })
    }
})

test.each([
  ['nothing', undefined],
  ['NTLM', 'NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw=='],
  ['Negotiate', 'Negotiate YIIFmgYGKwYBBQUCoIIFjjCCBYqgMDAuBgk='],
  ['a wrong secret', basic('fleet', 'wrong')],
  ['an unknown user', basic('nobody', 'wrong')],
])('%s: 401 that offers Basic and nothing else', async (_, authorization) => {
  const response = await get('/certsrv/mscep_admin/staff', authorization === undefined ? {} : { authorization })
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Basic realm="portal.example.com"')
  expect(response.headers.get('content-type')).toBe('text/html')
  expect(await response.text()).toBe('<HTML><Head><Title>Unauthorized</Title></Head><Body>Unauthorized</Body></HTML>')
})

test('an endpoint that does not exist is refused as one that does', async () => {
  const [one, other] = await Promise.all(
    ['staff', 'no-such-endpoint'].map(async (slug) => {
      const response = await get(`/certsrv/mscep_admin/${slug}`, { authorization: basic('fleet', 'wrong') })
      return [response.status, [...response.headers].filter(([name]) => name !== 'date'), await response.text()]
    }),
  )
  expect(one).toEqual(other)
})

test('HEAD has the headers of a page and mints nothing', async () => {
  const before = await minted()
  const authorization = basic('fleet', secret)
  const head = await get('/certsrv/mscep_admin/staff', { authorization }, 'HEAD')
  expect(head.status).toBe(200)
  expect(await head.text()).toBe('')
  expect(await minted()).toBe(before)
  const page = await get('/certsrv/mscep_admin/staff', { authorization })
  expect(head.headers.get('content-length')).toBe(page.headers.get('content-length'))
  expect(await minted()).toBe(before + 1)
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s: 405', async (method) => {
  const before = await minted()
  const response = await get('/certsrv/mscep_admin/staff', { authorization: basic('fleet', secret) }, method)
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD')
  expect(await minted()).toBe(before)
})

test.each(['/certsrv/mscep_admin/staff/more', '/certsrv/mscep_admin/not_a_slug', '/scep/staff/certsrv/mscep_admin/x'])(
  '%s: never a page of the portal',
  async (path) => {
    const response = await get(path, { authorization: basic('fleet', secret) })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('text/html')
  },
)

test('over plain HTTP: 403 without an invitation, whoever says otherwise without being believed', async () => {
  const authorization = basic('fleet', secret)
  const plain = { 'x-forwarded-proto': 'http', 'x-forwarded-for': '192.0.2.9' }
  for (const headers of [plain, { ...plain, authorization }]) {
    const response = await fetch(`${base}/certsrv/mscep_admin/staff`, { headers })
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBeNull()
  }
  const before = await minted()
  const { status } = await fetch(`${base}/certsrv/mscep_admin/staff`, {
    headers: { authorization, 'x-forwarded-for': '192.0.2.9', forwarded: 'proto=https' },
  })
  expect(status).toBe(403)
  expect(await minted()).toBe(before)
})

test('an outage is a plain 503, and so is a fault of ours, without a word of what it was', async () => {
  const authorization = basic('fleet', secret)
  broken = new Refusal('unavailable', 'The database is away.')
  const away = await get('/certsrv/mscep_admin/staff', { authorization })
  expect([away.status, away.headers.get('retry-after'), await away.text()]).toEqual([503, '5', 'Try again later.\n'])
  broken = new Error(`surprise ${secret.slice(0, 4)}`)
  const fault = await get('/certsrv/mscep_admin/staff', { authorization })
  expect([fault.status, fault.headers.get('content-type')]).toEqual([503, 'text/plain'])
  expect(await fault.text()).toBe('Try again later.\n')
})

test('five wrong tries: 429 for a minute', async () => {
  for (let time = 0; time < 5; time++) await get('/certsrv/mscep_admin/staff', { authorization: basic('fleet', 'no') })
  const response = await get('/certsrv/mscep_admin/staff', { authorization: basic('fleet', secret) })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
  expect(response.headers.get('www-authenticate')).toBeNull()
})

test.each([
  ['octets that are no text', 'Basic \u00ff\u00fe\u0080'],
  ['a header that is too large for the front', `Basic ${'QUFB'.repeat(6_000)}`],
  ['base64 of what is not UTF-8', `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`],
  ['base64 of line ends', basic('fleet\r\nX-Injected: 1', 'x')],
  ['a name with markup', basic('<script>', 'x')],
  ['a scheme of garbage', `${'A'.repeat(5_000)} QQ==`],
])('%s: refused and survived', async (_, authorization) => {
  const status = await rawStatus(authorization)
  expect([400, 401, 431]).toContain(status)
  expect((await get('/certsrv/mscep_admin/staff', { ...TLS, 'x-forwarded-for': '192.0.2.77' })).status).toBe(401)
  expect(logged).toEqual([])
})

/** Past fetch, which would not send such a header. */
function rawStatus(authorization: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      const lines = [
        'GET /certsrv/mscep_admin/staff HTTP/1.1',
        'Host: portal.example.com',
        'X-Forwarded-Proto: https',
        'X-Forwarded-For: 192.0.2.88',
        `Authorization: ${authorization}`,
        'Connection: close',
      ]
      socket.end(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
    })
    let text = ''
    socket.setEncoding('latin1').on('data', (data) => {
      text += data
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)))
  })
}

/** The port's own process: what reaches devices' services, what reaches the portal, and what reaches nobody. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { PublishedKeys } from '@/lib/services/minters'
import type { OcspAnswer } from '@/lib/services/ocsp'
import type { ScepRequest, ScepResponse } from '@/lib/services/scep-enrolment'
import type { TrustPage } from '@/lib/services/trust'
import { withoutHooks } from '@/server/testing/without-hooks'
import { withoutRadius } from '@/server/testing/without-radius'
import { callerReader, proxyCheck } from './client-address'
import { createFront } from './listener'
import { createMetrics } from './metrics'
import { createPortal } from './portal'
import { createBodies } from './request-body'

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

let folder: string
let web: Server
let front: Server
let port: number
let seen: Seen[]
let scep: ScepRequest[]
let reply: () => Promise<ScepResponse>
let ready = { database: true, signer: true }
let asked = 0
let now = 0
let logged: string[]
let asking: { slug: string | null; request: string }[]
let ocspAnswer: () => OcspAnswer | Promise<OcspAnswer>
const bodies = createBodies({ bytes: 2 * 1024 * 1024, perSource: 1024 * 1024 })
const crl = {
  der: new Uint8Array([48, 0]),
  number: '7',
  sha256: 'abc',
  thisUpdate: new Date('2026-11-23T10:00:00.500Z'),
  nextUpdate: new Date('2026-11-30T10:00:00Z'),
}

const SIGNED: OcspAnswer = {
  kind: 'signed',
  body: new Uint8Array([48, 3, 10, 1, 0]),
  thisUpdate: new Date('2026-11-23T10:00:00Z'),
  nextUpdate: new Date('2026-11-23T10:10:00Z'),
  maxAge: 300,
  etag: '"abc"',
}

const PUBLISHED: PublishedKeys = {
  keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k', use: 'enc', alg: 'ECDH-ES' }],
  enc: 'A256GCM',
  aud: 'https://portal.example/scep/staff',
}
const TRUST_FILE = { contentType: 'application/x-apple-aspen-config', body: new Uint8Array([60]), sha256: 'ghi' }
/** The front serves its files alone. */
const TRUST = { files: new Map([['latchkey.mobileconfig', TRUST_FILE]]) } as unknown as TrustPage
const unasked = () => Promise.reject(new Error('nobody asks the front for it'))
const NO_MINTERS = {
  list: unasked,
  get: unasked,
  fetchKeys: unasked,
  create: unasked,
  update: unasked,
  setEnabled: unasked,
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-front-'))
  const socket = join(folder, 'web.sock')
  web = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text) => {
      body += text
    })
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      if (request.url?.startsWith('/_next/static/')) {
        response.writeHead(200, { 'Content-Type': typeOf(request.url), 'Content-Length': SCRIPT.length, ETag: '"abc"' })
        return response.end(SCRIPT)
      }
      response.end(`portal ${request.url}`)
    })
  })
  await new Promise<void>((resolve) => web.listen(socket, resolve))
  front = createFront({
    services: {
      ...withoutRadius,
      ...withoutHooks,
      scepEnrolment: {
        handle: (request) => {
          scep.push(request)
          return reply()
        },
      },
      status: {
        crl: async (slug, shard) => {
          if (slug !== 'staff') return null
          if (shard === 3) return { ...crl, der: new Uint8Array(20_000), secondsLeft: 0 }
          return shard === null ? { ...crl, secondsLeft: 3_600 } : null
        },
        caCertificate: async (slug) => (slug === 'staff' ? { der: new Uint8Array([48, 1, 0]), sha256: 'def' } : null),
        publishDueCrls: async () => 0,
      },
      ocsp: {
        answer: (slug, request) => {
          asking.push({ slug, request: Buffer.from(request).toString('hex') })
          return ocspAnswer()
        },
      },
      trust: { page: async (group) => (group === 'staff' ? TRUST : null) },
      minters: { ...NO_MINTERS, publishedKeys: async (slug) => (slug === 'staff' ? PUBLISHED : null) },
      ready: async () => {
        asked += 1
        return ready
      },
    },
    bodies,
    now: () => now,
    portal: createPortal(socket),
    metrics: createMetrics(new Date(0)),
    callerOf: callerReader(['127.0.0.1/32', '10.0.0.0/8']),
    isProxy: proxyCheck([]),
    webAnswers: async () => true,
    log: (line) => void logged.push(line),
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  port = (front.address() as AddressInfo).port
})

beforeEach(() => {
  seen = []
  scep = []
  asking = []
  ocspAnswer = () => SIGNED
  logged = []
  asked = 0
  now += 1_000
  ready = { database: true, signer: true }
  reply = async () => ({ status: 200, contentType: 'application/x-pki-message', body: new Uint8Array([1, 2, 3]) })
})

afterAll(() => {
  front.closeAllConnections()
  front.close()
  web.closeAllConnections()
  web.close()
  rmSync(folder, { recursive: true, force: true })
})

const SCRIPT = 'export const portal = true\n'.repeat(2_000)
const typeOf = (url: string) => (url.endsWith('.js') ? 'application/javascript; charset=UTF-8' : 'font/woff2')

/** The machine may be busy with other tests. */
const happens = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000 })

/** Bytes out, bytes in: fetch would tidy up both. */
function raw(text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer)).on('error', (error) => (answer ? resolve(answer) : reject(error)))
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no end: ${answer}`)))
  })
}

const get = (target: string, ...headers: string[]) =>
  raw([`GET ${target} HTTP/1.1`, 'Host: ca.example', 'Connection: close', ...headers, '', ''].join('\r\n'))
const statusOf = (answer: string) => Number(answer.split(' ')[1])

describe('devices', () => {
  test('get exactly the headers they compare, and nothing beside them', async () => {
    const answer = await get('/scep/staff?operation=PKIOperation&message=a+b%2B')
    const names = answer
      .split('\r\n\r\n')[0]
      ?.split('\r\n')
      .slice(1)
      .map((line) => line.split(':')[0]?.toLowerCase())
      .sort()
    expect(answer).toContain('\r\nContent-Type: application/x-pki-message\r\n')
    expect(names).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'x-content-type-options',
    ])
    expect(scep[0]).toMatchObject({
      endpoint: 'staff',
      method: 'GET',
      query: 'operation=PKIOperation&message=a+b%2B',
      ip: '127.0.0.1',
    })
  })

  test.each([
    ['/scep/staff/pkiclient.exe', 'staff'],
    ['//scep//staff//cgi-bin/pkiclient.exe', 'staff'],
    ['/cgi-bin/pkiclient.exe', ''],
    ['/certsrv/mscep/mscep.dll/pkiclient.exe', ''],
    ['http://elsewhere.example/scep/staff', 'staff'],
  ])('reach their endpoint by %s', async (path, endpoint) => {
    await get(`${path}?operation=GetCACaps`)
    expect(scep).toMatchObject([{ endpoint, query: 'operation=GetCACaps' }])
  })

  test('may speak HTTP/1.0 without a Host', async () => {
    expect(statusOf(await raw('GET /scep/staff?operation=GetCACaps HTTP/1.0\r\n\r\n'))).toBe(200)
  })

  test('may send a request line of 60 KiB, but not one of 70', async () => {
    expect(statusOf(await get(`/scep/staff?operation=PKIOperation&message=${'A'.repeat(60 * 1024)}`))).toBe(200)
    expect([414, 431]).toContain(
      statusOf(await get(`/scep/staff?operation=PKIOperation&message=${'A'.repeat(70 * 1024)}`)),
    )
    expect(scep).toHaveLength(1)
  })

  test.each(['Content-Length', 'chunked'])('may send a body of 128 KiB, and not a byte more (%s)', async (framing) => {
    const post = (size: number) => {
      const body = Buffer.alloc(size, 65)
      const head = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`
      const payload =
        framing === 'chunked'
          ? Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
          : body
      return raw(
        Buffer.concat([
          Buffer.from(`POST /scep/staff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n\r\n`),
          payload,
        ]),
      )
    }
    expect(statusOf(await post(128 * 1024))).toBe(200)
    expect(scep[0]?.body).toHaveLength(128 * 1024)
    expect(statusOf(await post(128 * 1024 + 1))).toBe(413)
    expect(scep).toHaveLength(1)
  })

  test.each(['', 'Content-Type:\r\n', 'Content-Type: application/octet-stream\r\n', 'Content-Type: text/html; x\r\n'])(
    'may name any content type for their message or none (%j)',
    async (header) => {
      const head = `POST /scep/staff?operation=PKIOperation HTTP/1.1\r\nHost: x\r\n${header}Content-Length: 2\r\n`
      expect(statusOf(await raw(`${head}Connection: close\r\n\r\nab`))).toBe(200)
      expect(scep).toMatchObject([{ method: 'POST', query: 'operation=PKIOperation', contentEncoding: null }])
      expect(Buffer.from(scep[0]?.body ?? []).toString()).toBe('ab')
    },
  )

  test('that hang up are known to have done so while their request is worked on', async () => {
    let answerNow = () => {}
    reply = () =>
      new Promise((resolve) => {
        answerNow = () => resolve({ status: 200, body: new Uint8Array() })
      })
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST /scep/staff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab'),
    )
    await happens(() => expect(scep).toHaveLength(1))
    expect(scep[0]?.gone?.()).toBe(false)
    socket.destroy()
    await happens(() => expect(scep[0]?.gone?.()).toBe(true))
    answerNow()
  })

  test('learn nothing about a fault of ours', async () => {
    reply = async () => {
      throw new Error('secret detail')
    }
    const answer = await get('/scep/staff?operation=GetCACaps')
    expect(statusOf(answer)).toBe(503)
    expect(answer).not.toContain('secret detail')
  })
})

describe('relying parties', () => {
  test('get the CRL with the facts that caches need', async () => {
    const answer = await get('/crl/staff.crl')
    expect(answer).toContain('Content-Type: application/pkix-crl\r\n')
    expect(answer).toContain('Content-Length: 2\r\n')
    expect(answer).toContain('ETag: "abc"\r\n')
    expect(answer).toContain('Last-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n')
    expect(answer).toContain('Expires: Mon, 30 Nov 2026 10:00:00 GMT\r\n')
    expect(answer).toContain('Cache-Control: max-age=60, public, no-transform, must-revalidate\r\n')
    expect(await get('/crl/staff.pem')).toContain('-----BEGIN X509 CRL-----')
  })

  test('get the list of a shard under its own address, past its time too, when no cache may hold it', async () => {
    const answer = await get('/crl/staff/3.crl')
    expect(answer).toContain('Content-Type: application/pkix-crl\r\n')
    expect(answer).toContain('Content-Length: 20000\r\n')
    expect(answer).toContain('Cache-Control: max-age=0, public, no-transform, must-revalidate\r\n')
    expect(await get('/crl/staff/3.pem')).toContain('-----BEGIN X509 CRL-----')
  })

  test.each([
    ['Accept-Encoding: gzip', '/crl/staff/3.crl', true],
    ['Accept-Encoding: br;q=1, GZIP;q=0.5', '/crl/staff/3.pem', true],
    ['Accept-Encoding: gzip;q=0', '/crl/staff/3.crl', false],
    ['Accept-Encoding: *', '/crl/staff/3.crl', false],
    ['Accept: */*', '/crl/staff/3.crl', false],
    ['Accept-Encoding: gzip', '/crl/staff.crl', false],
  ])('with "%s" the answer of %s is compressed: %s', async (header, path, compressed) => {
    const answer = await get(path, header)
    expect(answer.includes('Content-Encoding: gzip\r\n')).toBe(compressed)
    expect(/ETag: "abc[^"]*-gzip"/.test(answer)).toBe(compressed)
    expect(answer).toContain('Vary: Accept-Encoding\r\n')
  })

  test.each([
    ['If-None-Match: "abc"', 304],
    ['If-None-Match: W/"abc", "x"', 304],
    ['If-None-Match: "x"', 200],
    // Another list of the same second may have come after the one that they have.
    ['If-Modified-Since: Mon, 23 Nov 2026 10:00:00 GMT', 200],
    ['If-Modified-Since: yesterday', 200],
  ])('%s gives %i', async (header, status) => {
    expect(statusOf(await get('/crl/staff.crl', header))).toBe(status)
  })

  test('may ask by HEAD, and only read', async () => {
    const head = await raw('HEAD /ca/staff.cer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(head).toContain('Content-Type: application/pkix-cert\r\n')
    expect(head).toContain('Content-Length: 3\r\n')
    expect(head.split('\r\n\r\n')[1]).toBe('')
    expect(await raw('DELETE /crl/staff.crl HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain(
      'Allow: GET, HEAD',
    )
  })

  test('read to whom signed challenges are encrypted, without asking anybody who they are', async () => {
    const answer = await get('/.well-known/latchkey/staff/jwks.json')
    expect(answer).toContain('Content-Type: application/jwk-set+json\r\n')
    expect(answer).toContain('Cache-Control: max-age=300, public\r\n')
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual(PUBLISHED)
    const sent = 'POST /.well-known/latchkey/staff/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(await raw(sent)).toContain('Allow: GET, HEAD')
  })

  test("get the files of a trust page, and the page itself is the portal's", async () => {
    const answer = await get('/trust/staff/latchkey.mobileconfig')
    expect(answer).toContain('Content-Type: application/x-apple-aspen-config\r\n')
    expect(answer).toContain('ETag: "ghi"\r\n')
    expect(answer).toContain('Cache-Control: max-age=300, public, no-transform, must-revalidate\r\n')
    expect(statusOf(await get('/trust/staff/latchkey.mobileconfig', 'If-None-Match: "ghi"'))).toBe(304)
    expect(await get('/trust/staff')).toContain('portal /trust/staff')
    const sent = 'POST /trust/staff/latchkey.mobileconfig HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(await raw(sent)).toContain('Allow: GET, HEAD')
  })

  test('cannot tell a group without a trust page from one that does not exist, nor from a file that does not', async () => {
    const bodyOf = (answer: string) => answer.split('\r\n\r\n')[1]
    const unknown = await get('/trust/nobody/root.pem')
    for (const path of ['/trust/staff/root.key', '/trust/STAFF/root.pem', '/trust/a/b/c'])
      expect([statusOf(await get(path)), bodyOf(await get(path))]).toEqual([404, bodyOf(unknown)])
  })

  test.each([
    '/.well-known/latchkey/other/jwks.json',
    '/.well-known/latchkey/',
    '/crl/unknown.crl',
    '/crl/staff',
    '/crl/staff/4.crl',
    '/crl/staff/0.crl',
    '/crl/staff/03.crl',
    '/crl/staff/3',
    '/crl/staff/3/4.crl',
    '/crl/STAFF.crl',
    '/ca/staff.crl',
    '/ca/',
  ])('%s does not exist', async (path) => {
    expect(statusOf(await get(path))).toBe(404)
  })
})

describe('OCSP', () => {
  test('reaches the responder as it was sent, whatever is in its path', async () => {
    const wanted = '30fffffffbefbe3f'
    for (const [target, slug] of [
      ['/ocsp/staff/MP////vvvj8=', 'staff'],
      ['//ocsp//staff//MP%2F%2F%2F%2Fvvvj8%3D?a=b', 'staff'],
      ['/ocsp/MP////vvvj8=', null],
      ['http://ca.example/ocsp/staff/MP////vvvj8=', 'staff'],
    ] as const) {
      asking = []
      expect(statusOf(await get(target)), target).toBe(200)
      expect(asking, target).toEqual([{ slug, request: wanted }])
    }
    expect(seen).toEqual([])
  })

  test.each(['/ocspx', '/ocsp-admin/x', '/x/ocsp/staff'])('%s is not for it', async (target) => {
    await get(target)
    expect(asking).toEqual([])
    expect(seen).toHaveLength(1)
  })

  test('an outage is 503 without a body, a fault of ours too', async () => {
    for (const error of [new Refusal('unavailable', 'Away.'), new Error('a bug')]) {
      for (const fail of [
        () => Promise.reject(error),
        () => {
          throw error
        },
      ]) {
        ocspAnswer = fail
        const answer = await get('/ocsp/staff/MAAA')
        expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\n\r\n$/)
        expect(answer).toContain('\r\nContent-Length: 0\r\n')
      }
    }
    expect(logged.filter((line) => line.includes('a bug'))).toHaveLength(2)
  })

  test('a body comes in pieces, and one that is too large is not read to its end', async () => {
    const head = 'POST /ocsp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
    await raw(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n0\u0003\r\n1\r\n\u0002\r\n1\r\n\u0001\r\n0\r\n\r\n`)
    expect(asking).toEqual([{ slug: null, request: '30030201' }])
    const large = 'a'.repeat(11_000)
    expect(statusOf(await raw(`${head}Content-Length: 11000\r\n\r\n${large}`))).toBe(413)
    expect(statusOf(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n2af8\r\n${large}\r\n0\r\n\r\n`))).toBe(413)
    expect(asking).toHaveLength(1)
  })
})

describe('the portal', () => {
  test.each([
    ['/_next/static/a.js', 'Accept-Encoding: gzip, br', true],
    ['/_next/static/a.js', 'Accept-Encoding: gzip;q=0', false],
    ['/_next/static/a.js', 'Accept: */*', false],
    ['/_next/static/a.woff2', 'Accept-Encoding: gzip', false],
    ['/groups', 'Accept-Encoding: gzip', false],
  ])('of %s with "%s" it is compressed: %s', async (path, header, compressed) => {
    const answer = await get(path, header)
    expect(statusOf(answer)).toBe(200)
    expect(answer.includes('Content-Encoding: gzip\r\n')).toBe(compressed)
    expect(answer.includes('ETag: W/"abc"\r\n')).toBe(compressed)
    expect(answer.includes('Content-Length: ')).toBe(!compressed)
    if (!compressed) return
    expect(answer.length).toBeLessThan(SCRIPT.length / 10)
    expect(await (await fetch(`http://127.0.0.1:${port}${path}`)).text()).toBe(SCRIPT)
  })

  test('gets everything else, with what we know about the caller', async () => {
    const answer = await raw(
      'POST /groups?x=1 HTTP/1.1\r\nHost: ca.example\r\nNext-Action: 7\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
    )
    expect(answer).toContain('portal /groups?x=1')
    expect(answer.match(/Set-Cookie/g)).toHaveLength(2)
    expect(seen).toMatchObject([{ method: 'POST', url: '/groups?x=1', body: 'hi' }])
    expect(seen[0]?.headers).toMatchObject({
      host: 'ca.example',
      'x-forwarded-host': 'ca.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
      'next-action': '7',
    })
  })

  test('never sees what a client says in our name', async () => {
    const lies = [
      'X-Middleware-Subrequest',
      'x-nextjs-data',
      'X-Real-IP',
      'Forwarded',
      'x-nonce',
      'X-Forwarded-Port',
      'x-request-id',
      'X-Page',
    ]
    await get('/', ...lies.map((name) => `${name}: lie`))
    expect(JSON.stringify(seen)).not.toContain('lie')
  })

  test('learns the furthest address that our proxies vouch for', async () => {
    await get(
      '/',
      'X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.1.2.3',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: pki.example',
    )
    expect(seen[0]?.headers).toMatchObject({
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'pki.example',
    })
  })

  test.each(['/a/../b', '/a/%2e%2E/b', '/.', '/a%2fb', '/a%5Cb', '/a\\b', '/a%00', '/a%zz', '*'])(
    'never sees %s',
    async (path) => {
      expect(statusOf(await get(path))).toBe(400)
      expect(seen).toEqual([])
    },
  )

  test('never sees //evil.example as a host', async () => {
    await get('//evil.example/%20')
    expect(seen).toMatchObject([{ url: '/evil.example/%20' }])
  })

  test('never sees a long URL, many headers or a large body', async () => {
    expect(statusOf(await get(`/?${'a'.repeat(9 * 1024)}`))).toBe(414)
    expect(statusOf(await get('/', ...Array.from({ length: 70 }, (_, n) => `X-${n}: 1`)))).toBe(431)
    expect(statusOf(await get('/', `X: ${'a'.repeat(17 * 1024)}`))).toBe(431)
    expect(statusOf(await raw(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n`))).toBe(413)
    expect(seen).toEqual([])
  })
})

describe('bodies that do not come', () => {
  const open = (target: string, head: string, body: string | Buffer = '') =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST ${target} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`)
        socket.write(body, () => resolve(socket))
      })
      socket.on('error', reject)
    })
  const closed = async (sockets: Socket[]) => {
    for (const socket of sockets) socket.destroy()
    await happens(() => expect(bodies.inFlight()).toBe(0))
  }

  test('keep no way to the portal from others', async () => {
    const held = await Promise.all(Array.from({ length: 1_100 }, () => open('/sign-in', 'Content-Length: 10')))
    expect(statusOf(await get('/'))).toBe(200)
    expect(seen).toHaveLength(1)
    await closed(held)
    expect(logged).toEqual([])
  })

  test.each(['/scep/staff', '/sign-in'])('have no more memory than there is for them (%s)', async (target) => {
    const piece = Buffer.alloc(100 * 1024, 65)
    const from = (ip: string) => `X-Forwarded-For: ${ip}\r\nContent-Length: ${120 * 1024}`
    const held = await Promise.all(Array.from({ length: 8 }, () => open(target, from('203.0.113.1'), piece)))
    await happens(() => expect(bodies.inFlight()).toBeGreaterThan(800 * 1024))
    const late = (ip: string) =>
      raw(
        Buffer.concat([
          Buffer.from(`POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${from(ip)}\r\n\r\n`),
          Buffer.alloc(120 * 1024, 65),
        ]),
      )
    await happens(async () => {
      const refused = await late('203.0.113.1')
      expect(statusOf(refused)).toBe(503)
      expect(refused).toContain('Retry-After: 5')
    })
    expect(statusOf(await late('203.0.113.2'))).toBe(200)
    await closed(held)
    expect(statusOf(await late('203.0.113.1'))).toBe(200)
    expect(logged).toEqual([])
  })

  test('cost no more for coming byte by byte', async () => {
    const chunks = '1\r\nA\r\n'.repeat(20_000)
    const held = await open('/scep/staff', 'Transfer-Encoding: chunked', chunks)
    await happens(() => expect(bodies.inFlight()).toBeGreaterThanOrEqual(20_000))
    expect(bodies.inFlight()).toBeLessThanOrEqual(64 * 1024)
    await closed([held])
  })

  test('are counted until the answer is out', async () => {
    let answer = (_: ScepResponse) => {}
    reply = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const asking = raw(`POST /scep/staff HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`)
    await happens(() => expect(scep).toHaveLength(1))
    expect(bodies.inFlight()).toBeGreaterThan(0)
    answer({ status: 200, contentType: 'application/x-pki-message', body: new Uint8Array() })
    expect(statusOf(await asking)).toBe(200)
    await happens(() => expect(bodies.inFlight()).toBe(0))
  })
})

test('without web, people see a page that tries again', async () => {
  const lonely = createFront({
    services: {
      ...withoutRadius,
      ...withoutHooks,
      scepEnrolment: { handle: () => reply() },
      ocsp: { answer: unasked },
      status: { crl: async () => null, caCertificate: async () => null, publishDueCrls: async () => 0 },
      trust: { page: async () => null },
      minters: { ...NO_MINTERS, publishedKeys: async () => null },
      ready: async () => ready,
    },
    portal: createPortal(join(folder, 'nobody.sock')),
    metrics: createMetrics(new Date(0)),
    callerOf: callerReader([]),
    isProxy: proxyCheck([]),
    webAnswers: async () => false,
    log: () => {},
  })
  await new Promise<void>((resolve) => lonely.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(lonely.address() as AddressInfo).port}`
  const page = await fetch(`${base}/groups`)
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await page.text()).toContain('tries again by itself')
  const readyz = await fetch(`${base}/readyz`)
  expect([readyz.status, await readyz.text()]).toEqual([503, 'not ready: web\n'])
  lonely.closeAllConnections()
  lonely.close()
})

describe('operators', () => {
  test('learn whether it lives and whether it can work', async () => {
    expect(await get('/healthz')).toMatch(/ok\n$/)
    expect(statusOf(await get('/readyz'))).toBe(200)
    ready = { database: false, signer: true }
    await Promise.all(Array.from({ length: 20 }, () => get('/readyz')))
    expect(asked).toBe(1)
    now += 1_000
    expect(await get('/readyz')).toMatch(/503 .*not ready: database\n$/s)
  })

  test('get counts without names', async () => {
    expect(await get('/metrics')).toMatch(/latchkey_http_requests_total\{area="scep",status="2xx"\} \d+\n/)
  })
})

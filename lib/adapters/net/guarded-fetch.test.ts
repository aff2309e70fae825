/** A request goes where its address was checked to go, and comes back within its bounds, whatever the other side does. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createRawServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchKeys } from '@/lib/services/fetched-keys'
import type { OutboundRequest, OutboundRule } from '@/lib/services/outbound'
import { type GuardedFetchOptions, guardedFetch } from './guarded-fetch'

const LOOPBACK: OutboundRule = { host: '127.0.0.0', port: null, prefix: 8, plain: true }
const open: { close(): void }[] = []

afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  open.push({
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return (server.address() as AddressInfo).port
}

const web = (handler: (request: IncomingMessage, response: ServerResponse) => void) => listening(createServer(handler))

function post(url: string, options: GuardedFetchOptions & { to?: Partial<OutboundRequest> } = {}) {
  const { to, ...rest } = options
  const body = Buffer.from('{"question":1}')
  return guardedFetch({ rules: [LOOPBACK], ...rest }).send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body,
    timeoutMs: 2_000,
    allowedHosts: [],
    ...to,
  })
}

test.each([
  ['2', 2],
  [new Date(Date.now() - 60_000).toUTCString(), 0],
  ['soon', undefined],
])('Retry-After %s is read as %s seconds', async (header, seconds) => {
  const port = await web((_request, response) => response.writeHead(503, { 'retry-after': header }).end())
  const answer = await post(`http://127.0.0.1:${port}/`)
  expect(answer).toMatchObject({ answered: true, status: 503 })
  expect(answer.answered && answer.retryAfterSeconds).toBe(seconds)
})

test('whoever never agrees on TLS is given up before an answer would be', async () => {
  const port = await listening(createRawServer(() => {}))
  const to = { connectMs: 50, timeoutMs: 60_000 }
  expect(await post(`https://127.0.0.1:${port}/`, { to })).toMatchObject({ answered: false, fault: 'connect_failed' })
})

test('what is sent arrives, and the answer comes back', async () => {
  let heard = ''
  const port = await web(async (request, response) => {
    for await (const chunk of request) heard += chunk
    response.end('{"allow":true}')
  })
  const answer = await post(`http://127.0.0.1:${port}/validate`)
  expect(answer).toMatchObject({ answered: true, status: 200, address: '127.0.0.1' })
  expect(heard).toBe('{"question":1}')
})

describe('where it does not go', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://224.0.0.1/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
  ])('%s', async (url) => {
    expect(await post(url, { rules: [] })).toMatchObject({ answered: false, fault: 'address_refused' })
  })

  test.each(['10.0.0.1', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1'])(
    'a public name that leads to %s',
    async (address) => {
      const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }]
      expect(await post('https://validator.example/', { rules: [], resolve })).toMatchObject({
        answered: false,
        fault: 'address_refused',
      })
    },
  )

  test('a name of which only one address is internal', async () => {
    const resolve = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ]
    expect(await post('https://validator.example/', { rules: [], resolve })).toMatchObject({ fault: 'address_refused' })
  })

  test.each([
    ['ftp://validator.example/', 'url_refused'],
    ['file:///etc/passwd', 'url_refused'],
    ['nonsense', 'url_refused'],
    ['https://user:password@validator.example/', 'url_refused'],
    ['https://validator.example./', 'url_refused'],
  ])('%s', async (url, fault) => {
    expect(await post(url)).toMatchObject({ answered: false, fault })
  })

  test('a public address over plain HTTP', async () => {
    const resolve = async () => [{ address: '93.184.215.14', family: 4 }]
    expect(await post('http://validator.example/', { resolve })).toMatchObject({ fault: 'url_refused' })
  })

  test('a redirect is an answer, and is not followed', async () => {
    let inside = 0
    const target = await web((_, response) => {
      inside += 1
      response.end()
    })
    const port = await web((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end()
    })
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ answered: true, status: 302 })
    expect(inside).toBe(0)
  })
})

test('a name is looked up once, and the connection goes to what was checked', async () => {
  const port = await web((request, response) => response.end(request.headers.host))
  const answers = [{ address: '127.0.0.1', family: 4 }]
  let lookups = 0
  const resolve = async () => {
    lookups += 1
    return lookups === 1 ? answers : [{ address: '10.0.0.1', family: 4 }]
  }
  // Nobody else knows this name: if anything looked it up again, there would be no answer.
  const answer = await post(`http://rebinding.example:${port}/`, { resolve })
  expect(answer).toMatchObject({ answered: true, status: 200 })
  expect(answer.answered && Buffer.from(answer.body).toString()).toBe(`rebinding.example:${port}`)
  expect(lookups).toBe(1)
})

describe('what the other side does', () => {
  test('it has no name', async () => {
    const resolve = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    expect(await post('https://nowhere.example/', { resolve })).toEqual({
      answered: false,
      fault: 'dns_failed',
      detail: 'nowhere.example cannot be looked up (ENOTFOUND).',
    })
  })

  test('its name takes for ever', async () => {
    const resolve = () => new Promise<never>(() => {})
    expect(await post('https://slow.example/', { resolve, to: { timeoutMs: 50 } })).toMatchObject({
      fault: 'dns_failed',
    })
  })

  test('nobody listens', async () => {
    const port = await listening(createRawServer())
    for (const each of open.splice(0)) each.close()
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ fault: 'connect_failed' })
  })

  test('it does not speak TLS', async () => {
    const port = await web((_, response) => response.end())
    expect(await post(`https://127.0.0.1:${port}/`)).toMatchObject({ fault: 'tls_failed' })
  })

  test('it hangs', async () => {
    const port = await listening(createRawServer(() => {}))
    expect(await post(`http://127.0.0.1:${port}/`, { to: { timeoutMs: 100 } })).toEqual({
      answered: false,
      fault: 'timeout',
      detail: 'No answer in time (still waiting for the answer).',
    })
  })

  test('it drips byte by byte, which does not win more time', async () => {
    const port = await web((_, response) => {
      response.writeHead(200)
      const dripping = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(dripping))
    })
    expect(await post(`http://127.0.0.1:${port}/`, { to: { timeoutMs: 150 } })).toMatchObject({ fault: 'timeout' })
  })

  test('it sends ten megabytes', async () => {
    const port = await web((_, response) => response.end(Buffer.alloc(10_485_760, 32)))
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ fault: 'answer_too_large' })
  })

  test('it hangs up in the middle of its answer', async () => {
    const port = await web((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ fault: 'connection_lost' })
  })

  test('its headers are no HTTP', async () => {
    const port = await listening(createRawServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n')))
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ fault: 'connection_lost' })
  })
})

describe('TLS', () => {
  test('a certificate nobody vouches for is refused, a trusted one is not, and the name counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'))
    try {
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
          ...['-subj', '/CN=validator.example', '-addext', 'subjectAltName=DNS:validator.example'],
          ...['-keyout', key, '-out', certificate],
        ],
        { stdio: 'ignore' },
      )
      const pem = readFileSync(certificate, 'utf8')
      const server = createTlsServer({ key: readFileSync(key), cert: pem }, (_, response) => response.end('{}'))
      const port = await listening(server)
      const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
      const url = `https://validator.example:${port}/`
      expect(await post(url, { resolve })).toMatchObject({ fault: 'tls_failed' })
      expect(await post(url, { resolve, ca: pem })).toMatchObject({ answered: true, status: 200 })
      expect(await post(`https://other.example:${port}/`, { resolve, ca: pem })).toMatchObject({ fault: 'tls_failed' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test("a minter's keys are fetched past the same guard: not from an inner address, not without end", async () => {
  const key = { kty: 'OKP', crv: 'Ed25519', kid: '2026-11', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
  let requests = 0
  let accepts = ''
  const port = await web((request, response) => {
    requests += 1
    accepts = request.headers.accept ?? ''
    response.end(JSON.stringify({ keys: [key], padding: 'x'.repeat(request.url === '/large' ? 70_000 : 1) }))
  })
  const url = `http://127.0.0.1:${port}/keys`
  expect(await fetchKeys(guardedFetch({ rules: [LOOPBACK] }), url)).toMatchObject({ url, keys: [{ kid: '2026-11' }] })
  expect(accepts).toContain('application/jwk-set+json')
  const large = fetchKeys(guardedFetch({ rules: [LOOPBACK] }), `http://127.0.0.1:${port}/large`)
  await expect(large).rejects.toMatchObject({ fields: { jwksUrl: expect.stringContaining('64 KiB') } })
  await expect(fetchKeys(guardedFetch(), url)).rejects.toMatchObject({
    fields: { jwksUrl: expect.stringContaining('not a public address') },
  })
  expect(requests).toBe(2)
})

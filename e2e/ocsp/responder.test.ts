/** The OCSP responder of the built product, two instances of it: over real HTTP, with openssl as relying party. */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { type Installation, startInstallation } from '@/e2e/fixtures/installation'
import { certId, ocspRequest, ocspText } from '@/e2e/fixtures/ocsp'
import { type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'
import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { newSerial } from '@/lib/pki/serial'

const run = promisify(execFile)
const KEK = randomBytes(32).toString('base64')

let database: Awaited<ReturnType<typeof testDatabase>>
let folder: string
let first: Organisation
let second: Installation
let staff: GroupCreated
let issuer: Uint8Array
let root: Uint8Array

beforeAll(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'latchkey-ocsp-'))
  const options = { databaseUrl: database.url, env: { LATCHKEY_KEK: KEK } }
  first = await setUp(await startInstallation(options))
  second = await startInstallation(options)
  staff = await first.createGroup('Staff', 'p256')
  issuer = new Uint8Array(await (await fetch(`${first.url}/ca/staff.cer`)).arrayBuffer())
  root = new Uint8Array(await (await fetch(`${first.url}/ca/root.cer`)).arrayBuffer())
  await writeFile(join(folder, 'issuer.pem'), toPem(issuer))
  await writeFile(join(folder, 'root.pem'), toPem(root))
  // Its responder is made within seconds of the issuer.
  const answers = async () => expect((await post(first.url, requestFor(newSerial()))).status).toBe(200)
  await vi.waitFor(answers, { timeout: 20_000, interval: 250 })
}, 240_000)

afterAll(async () => {
  await second?.stop()
  await first?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

let enrolled = 0

async function enrol(): Promise<{ serial: string; file: string; der: Uint8Array }> {
  enrolled += 1
  const subject = `CN=tablet-${enrolled}`
  const { challenge } = await first.mint(staff.endpoint.slug, subject)
  const file = join(folder, `tablet-${enrolled}.pem`)
  const { code, stderr } = await first.cli([
    ...['enrol', '--url', staff.endpoint.scepUrl, '--challenge', challenge, '--subject', subject],
    ...['--key-out', `${file}.key`, '--cert-out', file],
  ])
  if (code !== 0) throw new Error(stderr)
  const { stdout } = await run('openssl', ['x509', '-in', file, '-outform', 'DER'], { encoding: 'buffer' })
  return { serial: parseCertificate(stdout).serial, file, der: stdout }
}

/** `openssl ocsp` asks by POST. */
async function openssl(url: string, file: string, ...args: string[]): Promise<string> {
  const all = ['ocsp', '-url', url, '-issuer', join(folder, 'issuer.pem'), ...args, '-cert', file]
  const { stdout, stderr } = await run('openssl', [
    ...all,
    '-CAfile',
    join(folder, 'root.pem'),
    '-verify_other',
    join(folder, 'issuer.pem'),
  ])
  return stdout + stderr
}

const requestFor = (serial: string, nonce?: Uint8Array) =>
  ocspRequest([certId({ issuer, serial })], nonce === undefined ? {} : { nonce })

/** strongSwan as a VPN gateway looks at a device: the whole chain, OCSP first. Its own word about the device's certificate. */
async function strongswan(file: string): Promise<string> {
  const cas = ['root.pem', 'issuer.pem'].flatMap((name) => ['--cacert', join(folder, name)])
  const { stdout, stderr } = await run('pki', ['--verify', '--in', file, ...cas, '--online', '--debug', '1']).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  )
  return stdout + stderr
}

function post(base: string, body: Uint8Array): Promise<Response> {
  return fetch(`${base}/ocsp/staff`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/ocsp-request' },
    body: body as Uint8Array<ArrayBuffer>,
  })
}

async function statusOf(base: string, serial: string): Promise<string | undefined> {
  const response = await post(base, requestFor(serial))
  return /Cert Status: (\w+)/.exec(ocspText(new Uint8Array(await response.arrayBuffer())))?.[1]
}

/** Everything that comes back until the server hangs up. */
function raw(head: string, body: Uint8Array = new Uint8Array()): Promise<{ head: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(first.port, '127.0.0.1', () => socket.write(Buffer.concat([Buffer.from(head), body])))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      resolve({ head: all.subarray(0, end).toString(), body: all.subarray(end + 4) })
    })
  })
}

const get = (path: string, more = '') =>
  raw(`GET ${path} HTTP/1.1\r\nHost: anything.example\r\nConnection: close\r\n${more}\r\n`)

test('a certificate says where to ask, and openssl is answered there', async () => {
  const { file } = await enrol()
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ocsp_uri'])
  expect(stdout.trim()).toBe(`${first.url}/ocsp/staff`)
  for (const base of [first.url, second.url]) {
    for (const args of [['-no_nonce'], ['-nonce'], ['-sha256', '-no_nonce'], ['-sha256', '-nonce']]) {
      for (const url of [`${base}/ocsp/staff`, `${base}/ocsp`, `${base}/ocsp/staff/`]) {
        const output = await openssl(url, file, ...args)
        expect(output).toMatch(/Response verify OK/)
        expect(output).toMatch(/: good/)
        expect(output).not.toMatch(/nonce/i)
      }
    }
  }
}, 120_000)

test('an issuer is asked about at the root', async () => {
  const file = join(folder, 'issuer.pem')
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ocsp_uri'])
  expect(stdout.trim()).toBe(`${first.url}/ocsp/root`)
  const rootFile = join(folder, 'root.pem')
  const asked = await run('openssl', [
    'ocsp',
    '-url',
    stdout.trim(),
    '-issuer',
    rootFile,
    '-cert',
    file,
    '-CAfile',
    rootFile,
  ])
  expect(asked.stdout).toMatch(/: good/)
  expect(asked.stderr).toMatch(/Response verify OK/)
  const own = await run('openssl', ['x509', '-in', rootFile, '-noout', '-ocsp_uri'])
  expect(own.stdout).toBe('')
})

test('strongSwan trusts a certificate by what OCSP says of it and of its issuer, until it is revoked', async () => {
  const { serial, file } = await enrol()
  const trusted = await strongswan(file)
  expect(trusted).toContain(`requesting ocsp status from '${first.url}/ocsp/staff'`)
  expect(trusted).toContain(`requesting ocsp status from '${first.url}/ocsp/root'`)
  expect(trusted.match(/certificate status is good/g)).toHaveLength(2)
  expect(trusted).toMatch(/certificate trusted, lifetimes valid/)
  await first.json('certificate', 'revoke', serial, '--reason', 'keyCompromise')
  await expect.poll(() => strongswan(file), { timeout: 20_000 }).toMatch(/certificate was revoked on .*key compromise/)
  expect(await strongswan(file)).not.toMatch(/certificate trusted/)
})

test('a revocation made at one instance is in the answer of the other', async () => {
  const { serial } = await enrol()
  for (const base of [first.url, second.url]) expect(await statusOf(base, serial)).toBe('good')
  await first.json('certificate', 'revoke', serial, '--reason', 'keyCompromise')
  for (const base of [first.url, second.url])
    await expect.poll(() => statusOf(base, serial), { timeout: 10_000, interval: 50 }).toBe('revoked')
})

describe('by GET', () => {
  /** Base64 with '/', '+' and '=' in it, and two slashes in a row where `double` asks for them. */
  function troublesome(serial: string, double: boolean): string {
    for (let n = 0; ; n++) {
      const nonce = createHash('sha256').update(String(n)).digest().subarray(0, 17)
      const text = Buffer.from(requestFor(serial, nonce)).toString('base64')
      if (/\//.test(text) && /\+/.test(text) && /=$/.test(text) && (!double || /\/\//.test(text))) return text
    }
  }

  test('every spelling of a request is understood, and none is redirected', async () => {
    const { serial } = await enrol()
    const [plain, double] = [troublesome(serial, false), troublesome(serial, true)]
    const paths = [plain, double].flatMap((text) => [
      `/ocsp/staff/${text}`,
      `/ocsp/staff//${text}`,
      `/ocsp/staff/${encodeURIComponent(text)}`,
      `/ocsp/staff/${text.replaceAll('+', '-').replaceAll('/', '_')}`,
      `/ocsp/staff/${text.replaceAll('=', '')}`,
      `/ocsp/${text}`,
      `/ocsp//${encodeURIComponent(text)}`,
      `http://pki.example/ocsp/staff/${text}`,
    ])
    for (const path of paths) {
      const { head, body } = await get(path)
      expect(head, path).toMatch(/^HTTP\/1\.1 200 /)
      expect(ocspText(body), path).toMatch(/Cert Status: good/)
    }
  }, 60_000)

  test('an answer without a nonce may be cached, until before its end', async () => {
    const { serial } = await enrol()
    const path = `/ocsp/staff/${encodeURIComponent(Buffer.from(requestFor(serial)).toString('base64'))}`
    const { head, body } = await get(path)
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim()
    expect(header('Content-Type')).toBe('application/ocsp-response')
    expect(header('Content-Length')).toBe(String(body.length))
    expect(header('ETag')).toBe(`"${createHash('sha256').update(body).digest('hex')}"`)
    expect(header('Cache-Control')).toBe('max-age=300, public, no-transform, must-revalidate')
    const [modified, expires, date] = ['Last-Modified', 'Expires', 'Date'].map((name) => Date.parse(header(name) ?? ''))
    expect((expires ?? 0) - (modified ?? 0)).toBe(600_000)
    expect((date ?? 0) + 300_000).toBeLessThan(expires ?? 0)
    const text = ocspText(body)
    expect(Date.parse(/This Update: (.*)/.exec(text)?.[1] ?? '')).toBe(modified)
    expect(Date.parse(/Next Update: (.*)/.exec(text)?.[1] ?? '')).toBe(expires)
    for (const condition of [`If-None-Match: ${header('ETag')}`, `If-Modified-Since: ${header('Last-Modified')}`]) {
      const again = await get(path, `${condition}\r\n`)
      expect(again.head).toMatch(/^HTTP\/1\.1 304 /)
      expect(again.body).toHaveLength(0)
    }
    const headOnly = await raw(`HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(headOnly.head).toMatch(/^HTTP\/1\.1 200 /)
    expect(headOnly.body).toHaveLength(0)
  })

  test('an answer with a nonce, and an error, may not', async () => {
    const { serial } = await enrol()
    const path = (request: Uint8Array) => `/ocsp/staff/${encodeURIComponent(Buffer.from(request).toString('base64'))}`
    expect((await get(path(requestFor(serial, randomBytes(16))))).head).toMatch(/^Cache-Control: max-age=0\r?$/im)
    for (const bad of ['/ocsp/staff', '/ocsp/staff/', '/ocsp/staff/MAAA', '/ocsp/staff/%zz', path(randomBytes(40))]) {
      const { head, body } = await get(bad)
      expect(head, bad).toMatch(/^HTTP\/1\.1 200 [\s\S]*Cache-Control: no-store/)
      expect(body.toString('hex'), bad).toBe('30030a0101')
    }
  })
})

test('HTTP/1.0 without a Host is answered, in one piece', async () => {
  const { serial } = await enrol()
  const request = requestFor(serial, randomBytes(8))
  const { head, body } = await raw(
    `POST /ocsp/staff HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: ${request.length}\r\n\r\n`,
    request,
  )
  expect(head).toMatch(/^HTTP\/1\.\d 200 /)
  expect(head).toMatch(new RegExp(`^Content-Length: ${body.length}\\r?$`, 'im'))
  expect(head).not.toMatch(/chunked/i)
  expect(ocspText(body)).toMatch(/Cert Status: good/)
})

test('errors are OCSP messages under HTTP 200; too much, and other methods, are not', async () => {
  const hex = async (response: Response) =>
    `${response.status} ${Buffer.from(await response.arrayBuffer()).toString('hex')}`
  expect(await hex(await post(first.url, randomBytes(50)))).toBe('200 30030a0101')
  expect(await hex(await post(first.url, new Uint8Array()))).toBe('200 30030a0101')
  expect(await hex(await post(first.url, randomBytes(3_000)))).toBe('200 30030a0101')
  expect((await post(first.url, randomBytes(11_000))).status).toBe(413)
  const elsewhere = ocspRequest([certId({ issuer: root, serial: newSerial() })])
  expect(await hex(await post(first.url, elsewhere))).toBe('200 30030a0106')
  const put = await fetch(`${first.url}/ocsp/staff`, { method: 'PUT', body: 'x' })
  expect(put.status).toBe(405)
  expect(put.headers.get('Allow')).toBe('GET, HEAD, POST')
})

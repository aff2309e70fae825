/** Devices that wait for people, and devices that share a secret, with real clients. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type OpensslDevice, opensslDevice } from '@/e2e/fixtures/openssl-client'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'

const run = promisify(execFile)

let database: TestDatabase
let portal: Organisation
let contractors: GroupCreated
let printers: GroupCreated
let key: string
let folder: string
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-policies-'))
  database = await testDatabase()
  portal = await startOrganisation({ databaseUrl: database.url })
  contractors = await portal.createGroup('Contractors', 'p256')
  printers = await portal.createGroup('Printers', 'p256')
  // Before anybody asks, so that no process has read the endpoints yet.
  const sql = new pg.Client({ connectionString: database.adminUrl })
  await sql.connect()
  await sql.query(`update endpoint set policy = 'approval' where slug = $1`, [contractors.endpoint.slug])
  await sql.query(`update endpoint set policy = 'static' where slug = $1`, [printers.endpoint.slug])
  await sql.end()
  key = await portal.apiKey('operator')
  for (const group of [contractors, printers]) {
    await writeFile(at(`${group.slug}.p7`), await caCertificates(group))
    const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-in', at(`${group.slug}.p7`), '-print_certs'])
    const [ra, issuer, root] = stdout.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
    await writeFile(at(`${group.slug}-ra.pem`), `${ra}\n`)
    await writeFile(at(`${group.slug}-chain.pem`), `${issuer}\n${root}\n`)
    await writeFile(at('root.pem'), `${root}\n`)
  }
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function caCertificates({ endpoint }: GroupCreated): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`${endpoint.scepUrl}?operation=GetCACert`)).arrayBuffer())
}

interface Waiting {
  id: string
  state: string
  subject: string
  userAgent: string | null
}

async function api<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${portal.url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.status, path).toBe(200)
  return (await response.json()) as T
}

/** The request of this device, once it waits. */
async function waiting(subject: string): Promise<Waiting> {
  let found: Waiting | undefined
  await expect
    .poll(
      async () => {
        const { items } = await api<{ items: Waiting[] }>('/approvals?state=open')
        found = items.find((item) => item.subject === subject)
        return found?.state
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe('open')
  return found as Waiting
}

async function expectChain(certificate: string, { slug }: GroupCreated): Promise<void> {
  const chain = ['-CAfile', at('root.pem'), '-untrusted', at(`${slug}-chain.pem`)]
  expect((await run('openssl', ['verify', '-x509_strict', ...chain, certificate])).stdout).toContain(': OK')
}

async function strongswan(name: string, { slug, endpoint }: GroupCreated, more: string[]): Promise<string> {
  const ca = (file: string) => at(`${name}-${file}.pem`)
  await run('pki', [
    '--scepca',
    ...['--url', endpoint.scepUrl, '--caout', ca('ca'), '--raout', ca('ra'), '--outform', 'pem', '--force'],
  ])
  const made = await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])
  await writeFile(at(`${name}.key`), made.stdout)
  const authorities = (await readdir(folder))
    .filter((file) => file.startsWith(`${name}-ca`))
    .flatMap((file) => ['--cacert', at(file)])
  const { stdout } = await run('pki', [
    '--scep',
    ...['--url', endpoint.scepUrl, '--in', at(`${name}.key`), '--dn', `CN=${name}, O=Example`, '--outform', 'pem'],
    ...['--cacert-enc', ca('ra'), '--cacert-sig', ca('ra'), ...authorities, ...more],
  ])
  await writeFile(at(`${name}.pem`), stdout)
  await expectChain(at(`${name}.pem`), { slug } as GroupCreated)
  return stdout
}

const ownClient = (name: string, { endpoint }: GroupCreated, ...more: string[]) =>
  portal.cli([
    'enrol',
    ...['--url', endpoint.scepUrl, '--subject', `CN=${name},O=Example`, '--json'],
    ...['--key-out', at(`${name}.key`), '--cert-out', at(`${name}.pem`), ...more],
  ])

async function ask(
  device: OpensslDevice,
  { endpoint }: GroupCreated,
  message: Parameters<OpensslDevice['message']>[0],
) {
  const response = await fetch(`${endpoint.scepUrl}?operation=PKIOperation`, {
    method: 'POST',
    body: (await device.message(message)) as Uint8Array<ArrayBuffer>,
  })
  expect(response.headers.get('content-type')).toBe('application/x-pki-message')
  return device.open(new Uint8Array(await response.arrayBuffer()))
}

describe('approval', () => {
  test.skipIf(needs('pki'))('strongSwan polls until somebody approves through the API', async () => {
    const enrolled = strongswan('laptop-1', contractors, ['--interval', '1', '--maxpolltime', '60'])
    const { id } = await waiting('CN=laptop-1,O=Example')
    const detail = await api<{ warnings: string[]; key: string }>(`/approvals/${id}`)
    expect(detail).toMatchObject({ warnings: [], key: 'RSA 2048' })
    expect(await api(`/approvals/${id}/approve`, { comment: 'Known by serial number' })).toMatchObject({
      state: 'approved',
      certificate: { serial: expect.any(String) },
    })
    expect(await enrolled).toContain('BEGIN CERTIFICATE')
    expect((await api<{ items: Waiting[] }>('/approvals?state=open')).items).toEqual([])
  })

  test('our own client polls until the command line approves, and hears a denial', async () => {
    const polling = ['--no-challenge', '--poll-interval', '1', '--poll-for', '60']
    const enrolled = ownClient('laptop-2', contractors, ...polling)
    const { id } = await waiting('CN=laptop-2,O=Example')
    expect(await portal.json('approval', 'approve', id)).toMatchObject({ state: 'approved' })
    expect((await enrolled).json).toMatchObject({ status: 'SUCCESS', failInfo: null })
    await expectChain(at('laptop-2.pem'), contractors)

    const refused = ownClient('laptop-3', contractors, ...polling)
    const other = await waiting('CN=laptop-3,O=Example')
    await portal.json('approval', 'deny', other.id, '--comment', 'nobody knows it')
    expect((await refused).json).toMatchObject({ status: 'FAILURE', failInfo: 'badRequest' })
  })

  test('a client that never polls sends its request again and again, and gets its certificate too', async () => {
    const device = await opensslDevice(await readFile(at('contractors-ra.pem'), 'utf8'))
    await device.prepare({ subject: 'CN=router-1,O=Example', san: 'DNS:router-1.example.com' })
    const transactionId = 'router-1'
    expect(await ask(device, contractors, { transactionId })).toMatchObject({ status: 'PENDING', certificate: null })
    expect(await ask(device, contractors, { transactionId })).toMatchObject({ status: 'PENDING' })
    expect(await ask(device, contractors, { transactionId, messageType: '20' })).toMatchObject({ status: 'PENDING' })
    const { id } = await waiting('CN=router-1,O=Example')
    await api(`/approvals/${id}/approve`, {})
    const again = await ask(device, contractors, { transactionId })
    expect(again.status).toBe('SUCCESS')
    const polled = await ask(device, contractors, { transactionId, messageType: '20' })
    expect(polled.certificate).toBe(again.certificate)
    await writeFile(at('router-1.pem'), `${again.certificate}\n`)
    await expectChain(at('router-1.pem'), contractors)
    await device.remove()
  })
})

describe('a static secret', () => {
  let secret = ''
  beforeAll(async () => {
    const created = await portal.json<{ secret: string }>(
      'static-secret',
      'create',
      ...['--endpoint', printers.endpoint.slug, '--template', 'CN=printer-*,O=Example; dns:*.example.com'],
      ...['--from', '127.0.0.1', '--from', '::1', '--max-uses', '3', '--days', '30'],
    )
    secret = created.secret
  })

  test.skipIf(needs('pki'))('strongSwan, with a name that fits', async () => {
    expect(await strongswan('printer-1', printers, ['--password', secret])).toContain('BEGIN CERTIFICATE')
  })

  test('openssl, with names that do not fit, and with a wrong value', async () => {
    const device = await opensslDevice(await readFile(at('printers-ra.pem'), 'utf8'))
    const refused = { status: 'FAILURE', failInfo: 2, certificate: null }
    for (const request of [
      { subject: 'CN=bank,O=Example', challenge: secret },
      { subject: 'CN=printer-2,O=Example', challenge: secret, san: 'DNS:bank.org' },
      { subject: 'CN=printer-2,O=Example', challenge: secret.toUpperCase() },
      { subject: 'CN=printer-2,O=Example' },
    ]) {
      await device.prepare(request)
      expect(await ask(device, printers, {}), JSON.stringify(request.subject)).toMatchObject(refused)
    }
    await device.prepare({ subject: 'CN=printer-2,O=Example', challenge: secret, san: 'DNS:printer-2.example.com' })
    expect(await ask(device, printers, {})).toMatchObject({ status: 'SUCCESS' })
    await device.remove()
  })

  test('our own client, until it is used up or revoked', async () => {
    const with_ = (name: string) => ownClient(name, printers, '--challenge', secret)
    const { items } = await portal.json<{ items: { id: string; uses: number }[] }>(
      'static-secret',
      'list',
      printers.slug,
    )
    const left = 3 - (items[0]?.uses ?? 0)
    for (let number = 0; number < left; number++)
      expect((await with_(`printer-own-${number}`)).json).toMatchObject({ status: 'SUCCESS' })
    expect((await with_('printer-late')).json).toMatchObject({ status: 'FAILURE', failInfo: 'badRequest' })
    const revoked = await portal.json('static-secret', 'revoke', items[0]?.id ?? '', '--endpoint', printers.slug)
    expect(revoked).toMatchObject({ state: 'revoked' })
    const reasons = (await portal.events()).map(({ reason }) => reason)
    for (const reason of ['static_secret_template', 'static_secret_unknown', 'static_secret_exhausted'])
      expect(reasons).toContain(reason)
    expect(portal.output()).not.toContain(secret)
  })
})

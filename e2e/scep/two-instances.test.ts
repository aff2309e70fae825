/** Two server processes on one database behave as one. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { type Installation, startInstallation } from '@/e2e/fixtures/installation'
import { opensslDevice, type ScepReply } from '@/e2e/fixtures/openssl-client'
import { type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'

const run = promisify(execFile)
const KEK = randomBytes(32).toString('base64')

let database: Awaited<ReturnType<typeof testDatabase>>
let first: Organisation
let second: Installation
let staff: GroupCreated

beforeAll(async () => {
  database = await testDatabase()
  const options = { databaseUrl: database.url, env: { LATCHKEY_KEK: KEK } }
  first = await setUp(await startInstallation(options))
  second = await startInstallation(options)
  staff = await first.createGroup('Staff', 'p256')
}, 240_000)

afterAll(async () => {
  await second?.stop()
  await first?.stop()
  await database?.drop()
})

const at = (installation: Installation) => `${installation.url}/scep/${staff.endpoint.slug}`

async function raPem(): Promise<string> {
  const child = run('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'])
  child.child.stdin?.end(new Uint8Array(await (await fetch(`${at(first)}?operation=GetCACert`)).arrayBuffer()))
  return /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec((await child).stdout)?.[0] ?? ''
}

async function post(url: string, message: Uint8Array): Promise<Uint8Array> {
  const response = await fetch(`${url}?operation=PKIOperation`, {
    method: 'POST',
    body: message as Uint8Array<ArrayBuffer>,
  })
  return new Uint8Array(await response.arrayBuffer())
}

test('one challenge, asked at both at once with the same and with other keys: one certificate', async () => {
  const { challenge } = await first.mint(staff.endpoint.slug, 'CN=torn')
  const ra = await raPem()
  const [mine, stranger] = await Promise.all([opensslDevice(ra), opensslDevice(ra)])
  await mine.prepare({ subject: 'CN=torn', challenge })
  await stranger.prepare({ subject: 'CN=torn', challenge })
  const message = await mine.message()
  const other = await stranger.message()
  const answers = await Promise.all([
    post(at(first), message),
    post(at(second), message),
    post(at(first), other),
    post(at(second), other),
  ])
  // In turn: a device opens everything in its one folder.
  const replies: ScepReply[] = []
  for (const [index, answer] of answers.entries()) replies.push(await (index < 2 ? mine : stranger).open(answer))
  const certificates = new Set(replies.flatMap((reply) => (reply.certificate === null ? [] : [reply.certificate])))
  expect(certificates.size).toBe(1)
  // Whoever won, won at both; the other one lost at both.
  expect(replies[0]?.status).toBe(replies[1]?.status)
  expect(replies[2]?.status).toBe(replies[3]?.status)
  const list = await first.json<{ items: unknown[] }>('certificate', 'list', '--search', 'torn')
  expect(list.items).toHaveLength(1)
  await mine.remove()
  await stranger.remove()
})

test('a revocation made at one is on the CRL that the other serves', async () => {
  const list = await first.json<{ items: { serial: string }[] }>('certificate', 'list')
  const serial = list.items[0]?.serial ?? ''
  await first.json('certificate', 'revoke', serial, '--reason', 'superseded')
  const crl = async () =>
    Buffer.from(await (await fetch(`${second.url}/crl/${staff.issuer.slug}.crl`)).arrayBuffer())
      .toString('hex')
      .toUpperCase()
  await expect.poll(crl, { timeout: 10_000, interval: 250 }).toContain(serial)
})

test('the trail of both is one chain', async () => {
  expect(await first.json('audit', 'verify')).toMatchObject({ ok: true, firstBroken: null })
})

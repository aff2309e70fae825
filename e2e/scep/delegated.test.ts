/** The whole product with a validator beside it and step-ca in front of it: real processes, real clients, real sockets. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ecKey } from '@/e2e/fixtures/chain'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'
import { believes, type Receiver, startReceiver } from '@/e2e/simulators/receiver'
import { stepCa } from '@/e2e/simulators/step-ca'
import { buildCsr } from '@/lib/pki/csr'

const run = promisify(execFile)

let database: TestDatabase
let validator: Receiver
let portal: Organisation
let delegated: GroupCreated
let staff: GroupCreated
let created: { id: string; secret: string }
let folder: string
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  validator = await startReceiver()
  database = await testDatabase()
  portal = await startOrganisation({
    databaseUrl: database.url,
    env: { LATCHKEY_OUTBOUND_ALLOW: `http://127.0.0.1:${validator.port}` },
  })
  staff = await portal.createGroup('Staff')
  delegated = await portal.createGroup('Tablets')
  created = await portal.json('validator', 'create', '--name', 'Inventory', '--url', validator.url)
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  await client.query(`update endpoint set policy = 'delegated', validator_id = $1 where slug = $2`, [
    created.id,
    delegated.endpoint.slug,
  ])
  await client.end()
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await validator?.close()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

test('the connection can be tested, and the answer says what came of it', async () => {
  validator.script('deny')
  const { code, json } = await portal.cli(['validator', 'test', created.id, '--json'])
  // The command line runs in a process of its own, with the same allowances.
  expect({ code, json }).toMatchObject({ code: 0, json: { works: true, result: 'deny' } })
})

test.skipIf(needs('pki'))(
  'strongSwan enrols where the validator allows it, and the validator hears of it',
  async () => {
    const url = delegated.endpoint.scepUrl
    await run('pki', [
      ...['--scepca', '--url', url, '--caout', at('ca.pem'), '--raout', at('ra.pem')],
      ...['--outform', 'pem', '--force'],
    ])
    const { stdout: key } = await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])
    await writeFile(at('key.pem'), key)
    const authorities = (await readdir(folder))
      .filter((name) => /^ca.*\.pem$/.test(name))
      .flatMap((name) => ['--cacert', at(name)])
    const enrol = () =>
      run('pki', [
        ...[
          '--scep',
          '--url',
          url,
          '--in',
          at('key.pem'),
          '--dn',
          'CN=tablet-1, O=Example',
          '--password',
          'FROM-INVENTORY',
        ],
        ...['--cacert-enc', at('ra.pem'), '--cacert-sig', at('ra.pem'), ...authorities, '--outform', 'pem'],
      ])
    validator.received.length = 0
    validator.script('not JSON')
    await expect(enrol()).rejects.toThrow()
    validator.script('allow')
    const { stdout } = await enrol()
    expect(stdout).toContain('BEGIN CERTIFICATE')
    const secret = Buffer.from(created.secret.replace('whsec_', ''), 'base64')
    const question = validator.questions().at(-1)
    expect(question && believes(question, secret)).toBe(true)
    expect(question?.json).toMatchObject({
      scepChallenge: 'FROM-INVENTORY',
      x509CertificateRequest: { subject: { commonName: 'tablet-1', organization: ['Example'] } },
    })
    await expect.poll(() => validator.notifications().length, { timeout: 30_000 }).toBe(1)
    expect(validator.notifications()[0]?.json.x509Certificate?.raw).toBe(stdout.replace(/-----[A-Z ]+-----|\s/g, ''))
    const events = (await portal.events()).map(({ type, outcome }) => `${type} ${outcome}`)
    expect(events).toContain('validator.unavailable error')
    expect(events).toContain('validator.answered success')
    expect(portal.output()).not.toContain('FROM-INVENTORY')
  },
)

test('step-ca asks over HTTP, without a Content-Type, and reports', async () => {
  const hook = await portal.json<{ id: string; url: string; secret: string }>(
    ...['receiver', 'create', '--name', 'step-ca', '--endpoint', staff.endpoint.slug],
  )
  const { challenge, id } = await portal.mint(staff.endpoint.slug, 'CN=behind-step-ca')
  const csr = buildCsr({
    subject: [{ type: 'CN', value: 'behind-step-ca' }],
    challengePassword: challenge,
    privateKey: ecKey().privateKey,
  })
  const request = { csr, challenge, transactionId: 'T1' }
  const ca = stepCa(hook)
  expect(await ca.ask(request, { signature: 'wrong' })).toMatchObject({ status: 401 })
  expect(await ca.ask(request)).toEqual({
    status: 200,
    answer: { allow: true, data: { challengeId: id, subject: 'CN=behind-step-ca' } },
  })
  expect(await ca.notifyFailed(request, 'out of paper')).toMatchObject({ status: 200 })
  expect(await ca.ask(request)).toMatchObject({ answer: { allow: true } })
})

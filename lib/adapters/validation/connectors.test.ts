/** Validators as administrators add, change and test them: nothing secret comes back, and a test says what failed. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { believes, type Receiver, startReceiver } from '@/e2e/simulators/receiver'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { connectorStore } from '@/lib/adapters/store/connectors'
import { postgresEnrolmentBacking } from '@/lib/adapters/store/testing/postgres-enrolment'
import { validatorCircuitStore } from '@/lib/adapters/store/validator-calls'
import { type ConnectorsService, createConnectors } from '@/lib/services/connectors'
import { type EnrolmentPortal, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { parseVerdict } from '@/lib/services/validator-verdict'
import { createValidatorCalls } from '@/lib/services/validators'
import { webhookClient } from './webhook'

const ADMIN = actor('admin')
const LOOPBACK = { host: '127.0.0.0', port: null, prefix: 8, plain: true }

let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
let portal: EnrolmentPortal
let validator: Receiver
let connectors: ConnectorsService

beforeAll(async () => {
  backing = await postgresEnrolmentBacking()
  portal = await enrolmentPortal(backing)
  validator = await startReceiver()
  const clock = () => portal.time.now
  const validators = validatorCircuitStore(backing.database)
  const { signer, urls } = portal
  const resolve = async (host: string) => {
    if (host === 'inside.example') return [{ address: '10.0.0.1', family: 4 }]
    throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
  }
  const client = webhookClient({ outbound: guardedFetch({ rules: [LOOPBACK], resolve }), pause: async () => {} })
  const calls = createValidatorCalls({ store: validators, client, signer, clock, parse: parseVerdict })
  connectors = createConnectors({ store: connectorStore(backing.database), validators, calls, signer, urls, clock })
})
afterAll(async () => {
  await validator?.close()
  await backing?.close()
})
beforeEach(() => {
  validator.script('deny')
  validator.received.length = 0
})

const bytesOf = (secret: string) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
const create = (more: object = {}) =>
  connectors.createValidator(ADMIN, { name: 'Inventory', url: validator.url, ...more })

test('a new validator has safe defaults, and a secret that is shown once', async () => {
  const { result, events } = await portal.eventsOf(() =>
    create({ authorization: { kind: 'bearer', token: 'token-canary' } }),
  )
  const { view, secret } = result
  expect(events).toEqual(['validator.created'])
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{86}==$/)
  expect(view).toMatchObject({
    dialect: 'standard',
    timeoutMs: 5_000,
    sendCsr: 'masked',
    askOnRenewal: false,
    notify: true,
    notifyBeforeAnswer: false,
    authorizationKind: 'bearer',
    enabled: true,
    health: { circuit: 'closed', failures: 0 },
  })
  const seen = JSON.stringify([await connectors.validators(ADMIN), await connectors.validator(ADMIN, view.id)])
  const stored = await backing.database.$queryRaw<{ text: string }[]>`
    select t::text as text from validator t union all select encode(payload, 'escape') from audit_event`
  for (const text of [seen, ...stored.map((row) => row.text)]) {
    expect(text).not.toContain('token-canary')
    expect(text).not.toContain(bytesOf(secret).toString('hex'))
    expect(text).not.toContain(Buffer.from('token-canary').toString('hex'))
    expect(text).not.toMatch(/sealed"/i)
  }
})

test.each([
  ['no name', { name: ' ' }, 'name'],
  ['no address', { url: 'inventory' }, 'url'],
  ['an address with a password', { url: 'https://me:secret@inventory.example/' }, 'url'],
  ['another scheme', { url: 'file:///etc/passwd' }, 'url'],
  ['no patience', { timeoutMs: 10 }, 'timeoutMs'],
  ['too much patience', { timeoutMs: 16_000 }, 'timeoutMs'],
  ['a network as a host', { allowedHosts: ['10.0.0.0/8'] }, 'allowedHosts'],
  ['a line break in a token', { authorization: { kind: 'bearer', token: 'a\r\nX-Injected: 1' } }, 'authorization'],
  ['a colon in a user name', { authorization: { kind: 'basic', user: 'a:b', password: 'c' } }, 'authorization'],
])('%s is refused', async (_what, more, field) => {
  await expect(create(more)).rejects.toMatchObject({
    code: 'invalid_input',
    fields: { [field]: expect.any(String) },
  })
})

test('a changed address clears the credential, unless a new one comes with it', async () => {
  const { view } = await create({ authorization: { kind: 'basic', user: 'latchkey', password: 'one' } })
  const { id } = view
  expect(await connectors.updateValidator(ADMIN, id, { timeoutMs: 3_000 })).toMatchObject({
    authorizationKind: 'basic',
  })
  const moved = `${validator.url}?moved`
  const { result, full } = await portal.eventsOf(() => connectors.updateValidator(ADMIN, id, { url: moved }))
  expect(result).toMatchObject({ url: moved, authorizationKind: 'none' })
  expect(full).toMatchObject([{ type: 'validator.updated' }])
  await connectors.testValidator(ADMIN, id)
  expect(validator.received[0]?.headers.authorization).toBeUndefined()

  const authorization = { kind: 'basic', user: 'latchkey', password: 'two' } as const
  await connectors.updateValidator(ADMIN, id, { url: validator.url, authorization })
  await connectors.testValidator(ADMIN, id)
  expect(validator.received[1]?.headers.authorization).toBe(`Basic ${Buffer.from('latchkey:two').toString('base64')}`)
})

test('a new secret is used once it is activated, so that the validator can learn it first', async () => {
  const { view, secret } = await create({ dialect: 'smallstep' })
  const asked = async () => {
    await connectors.testValidator(ADMIN, view.id)
    const last = validator.received.at(-1)
    if (!last) throw new Error('nobody asked')
    return last
  }
  expect(believes(await asked(), bytesOf(secret))).toBe(true)
  const next = await connectors.rotateValidatorSecret(ADMIN, view.id)
  expect(await connectors.validator(ADMIN, view.id)).toMatchObject({ nextSecretWaits: true })
  expect(believes(await asked(), bytesOf(secret))).toBe(true)
  expect(await connectors.activateValidatorSecret(ADMIN, view.id)).toMatchObject({ nextSecretWaits: false })
  expect(believes(await asked(), bytesOf(next.secret))).toBe(true)
  await expect(connectors.activateValidatorSecret(ADMIN, view.id)).rejects.toMatchObject({ code: 'conflict' })
})

test('disabling is one event, and so is switching on again', async () => {
  const { view } = await create()
  const { events } = await portal.eventsOf(async () => {
    expect(await connectors.updateValidator(ADMIN, view.id, { enabled: false })).toMatchObject({ enabled: false })
    await connectors.updateValidator(ADMIN, view.id, { enabled: false })
    expect(await connectors.updateValidator(ADMIN, view.id, { enabled: true })).toMatchObject({ enabled: true })
  })
  expect(events).toEqual(['validator.disabled', 'validator.updated'])
})

test.each([
  ['deny', { works: true, result: 'deny' }],
  ['deny with error', { works: true, result: 'deny', sentence: expect.stringContaining('unknown_device') }],
  ['allow', { works: true, result: 'allow', sentence: expect.stringContaining('every request') }],
  ['not JSON', { works: false, result: 'not_json' }],
  ['unauthorised', { works: false, result: 'status', sentence: expect.stringContaining('HTTP 401') }],
  ['redirect', { works: false, result: 'status', sentence: expect.stringContaining('Redirects are not followed') }],
  ['hang', { works: false, result: 'timeout' }],
  ['ten megabytes', { works: false, result: 'answer_too_large' }],
] as const)('a test of the connection says: %s', async (act, expected) => {
  validator.script(act)
  const { view } = await create({ timeoutMs: 1_000 })
  expect(await connectors.testValidator(ADMIN, view.id)).toMatchObject(expected)
})

test.each([
  ['https://nowhere.example/', 'dns_failed'],
  ['https://inside.example/', 'address_refused'],
  ['https://169.254.169.254/', 'address_refused'],
  ['http://inside.example/', 'address_refused'],
])('a test of %s says: %s', async (url, result) => {
  const { view } = await create({ url })
  expect(await connectors.testValidator(ADMIN, view.id)).toMatchObject({ works: false, result })
})

test('a test goes through while others are kept away, and opens the way again', async () => {
  const { view } = await create()
  const { id } = view
  await backing.database.validator.update({
    where: { id },
    data: { failures: 7, openUntil: new Date(Date.now() + 20_000) },
  })
  expect((await connectors.validator(ADMIN, id)).health.circuit).toBe('open')
  expect(await connectors.testValidator(ADMIN, id)).toMatchObject({ works: true })
  expect((await connectors.validator(ADMIN, id)).health).toMatchObject({ circuit: 'closed', failures: 0 })
})

test('operators and auditors look, administrators change', async () => {
  const { view } = await create()
  for (const role of ['operator', 'auditor'] as const) {
    expect(await connectors.validators(actor(role))).not.toHaveLength(0)
    for (const work of [
      () => connectors.createValidator(actor(role), { name: 'x', url: validator.url }),
      () => connectors.updateValidator(actor(role), view.id, { enabled: false }),
      () => connectors.rotateValidatorSecret(actor(role), view.id),
      () => connectors.activateValidatorSecret(actor(role), view.id),
      () => connectors.testValidator(actor(role), view.id),
      () => connectors.createReceiver(actor(role), { name: 'x', endpoint: portal.slug }),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'forbidden' })
  }
  await expect(connectors.createReceiver(ADMIN, { name: 'x', endpoint: 'nowhere' })).rejects.toMatchObject({
    fields: { endpoint: expect.any(String) },
  })
})

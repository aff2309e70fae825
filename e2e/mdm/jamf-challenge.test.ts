/** Jamf Pro asks the whole product for challenges: for whom, in which form, and what becomes of them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { USER_PASSWORD } from '@/e2e/simulators/jamf-bodies'
import { type DeviceRef, refOf } from '@/e2e/simulators/jamf-state'
import { parseCertificate } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import { type JamfPortal, startJamfPortal, TEST_ACTOR } from './jamf-portal'

let at: JamfPortal
let mac: DeviceRef
let other: DeviceRef
let phone: DeviceRef

beforeAll(async () => {
  at = await startJamfPortal({ confirmManaged: 'true' })
  mac = refOf(at.jamf.state.add('computer'))
  other = refOf(at.jamf.state.add('computer'))
  phone = refOf(at.jamf.state.add('mobile'))
}, 240_000)
afterAll(() => at?.close())
afterEach(() => at.jamf.faults.heal())

const serialOf = (ref: DeviceRef) => at.jamf.state.device(ref).serialNumber
const challenge = (ref: DeviceRef, options = {}) => at.jamf.challenge(ref, at.profile.id, options)
const minted = async () =>
  (await at.sql<{ n: number }>(`select count(*)::int as n from challenge where state <> 'revoked'`))[0]?.n ?? 0

describe('a device that Jamf Pro manages', () => {
  test.each(['a computer', 'a mobile device'])('%s gets its certificate', async (what) => {
    const ref = what === 'a computer' ? mac : phone
    const { status, certificate, steps } = await at.jamf.install(ref, at.profile.id)
    expect(steps.map(({ step, ok }) => `${step} ${ok}`)).toEqual([
      'SCEPChallenge true',
      'GetCACaps true',
      'GetCACert true',
      'PKCSReq true',
    ])
    expect(status).toBe('SUCCESS')
    expect(certificate && nameToText(parseCertificate(certificate).subjectDer)).toBe(`CN=${serialOf(ref)},O=Example`)
  })

  test('is known from then on, with its certificate', async () => {
    const known = () =>
      at.sql<{ management: string; certificates: number }>(
        `select d.management, count(c.*)::int as certificates from device d
         left join device_certificate c on c.device_id = d.id where d.serial = $1 group by d.id`,
        [serialOf(mac)],
      )
    await expect.poll(known, { timeout: 10_000 }).toEqual([{ management: 'managed', certificates: 1 }])
  })

  test.each([
    {},
    { variant: { names: 'snake_case' } },
    { variant: { payloadTypes: 'string' } },
    { variant: { targetUser: 'null' } },
    { variant: { targetUser: 'absent' } },
    { variant: { targetUser: 'with password' } },
    { variant: { timestamp: 's' } },
    { variant: { device: 'fleet', timestamp: 's' } },
    { after401: true },
  ])('gets a challenge, in JSON and in XML: %j', async (options) => {
    for (const contentType of ['json', 'xml'] as const) {
      const hook = at.jamf.webhooks.find(({ event }) => event === 'SCEPChallenge')
      if (hook !== undefined) hook.contentType = contentType
      const asked = await challenge(mac, options)
      expect(asked.step).toMatchObject({ ok: true, status: 200 })
      expect(asked.challenge).toMatch(/^[0-9A-Za-z]{16,64}$/)
      expect(asked.delivery?.headers).toMatchObject({ 'content-type': 'text/plain', 'cache-control': 'no-store' })
    }
  })

  test('shares its challenge with nobody, and uses it once', async () => {
    const asked = await challenge(mac)
    expect(await at.jamf.enrol(other, at.profile.id, asked.challenge)).toMatchObject({ status: 'FAILURE' })
    expect(await at.jamf.enrol(mac, at.profile.id, asked.challenge)).toMatchObject({ status: 'SUCCESS' })
    expect(await at.jamf.enrol(mac, at.profile.id, asked.challenge)).toMatchObject({ status: 'FAILURE' })
  })

  test('may have the identifier of the profile in its name, where Jamf Pro redistributes', async () => {
    const { url, subject } = at.profile
    for (const redistribute of ['CN', 'OU'] as const) {
      const { id } = at.jamf.addProfile({ url, subject, redistribute })
      expect(await at.jamf.install(mac, id)).toMatchObject({ status: 'SUCCESS' })
    }
  })
})

describe('nobody gets a challenge that works', () => {
  test('without a device: a probe is answered, and SCEP refuses what it was answered', async () => {
    const before = await minted()
    const probe = await at.jamf.probe(at.profile.id)
    expect(probe.step).toMatchObject({ ok: true, status: 200 })
    expect(probe.challenge).toMatch(/^[0-9A-Za-z]{16,64}$/)
    expect(await at.jamf.enrol(mac, at.profile.id, probe.challenge)).toMatchObject({ status: 'FAILURE' })
    expect(await minted()).toBe(before)
  })

  test('for a device that Jamf Pro does not manage, or does not know', async () => {
    const gone = at.jamf.state.add('computer')
    gone.managed = false
    expect((await challenge(refOf(gone))).step).toMatchObject({ ok: false, status: 403 })
    const unknown = await at.jamf.probe(at.profile.id, { variant: { device: 'target' } })
    expect(unknown.step).toMatchObject({ ok: false, status: 403 })
  })

  test('for a device with a name that would find every device there is', async () => {
    const ref = refOf(at.jamf.state.add('computer', { serialNumber: '*', udid: '*' }))
    const asked = await challenge(ref)
    expect(at.jamf.api.calls.filter(({ query }) => query.includes('*') || query.includes('%2A'))).toEqual([])
    for (const each of [ref, mac])
      expect(await at.jamf.enrol(each, at.profile.id, asked.challenge)).toMatchObject({ status: 'FAILURE' })
  })

  test.each([
    ['a wrong password', { type: 'basic', user: 'jamf', password: 'guessed' }],
    ['another user', { type: 'basic', user: 'admin', password: 'SECRET' }],
    ['nothing', { type: 'none' }],
  ] as const)('with %s: 401 that asks for Basic', async (_, authentication) => {
    const given = JSON.parse(JSON.stringify(authentication).replace('SECRET', at.hookSecret))
    const { step, delivery } = await challenge(mac, { authentication: given })
    expect(step).toMatchObject({ ok: false, status: 401 })
    expect(delivery?.headers['www-authenticate']).toMatch(/^Basic realm="/)
  })

  test('for another endpoint than that of the connector', async () => {
    const { id } = at.jamf.addProfile({ url: at.profile.url.replace('/staff', '/other') })
    expect((await at.jamf.challenge(mac, id)).step).toMatchObject({ ok: false, status: 403 })
  })

  test.each(['hang', 'server error', 'maintenance page as success', 'reset', 'forbidden', 'empty body'] as const)(
    'while Jamf Pro does not say whether the device is managed: %s',
    async (fault) => {
      at.jamf.faults.plan('computers', fault, { times: 9 })
      const before = await minted()
      const { step, delivery } = await challenge(mac)
      // Answered before Jamf Pro gives up, which is after two seconds.
      expect({ ok: step.ok, status: step.status, fault: delivery?.fault }).toEqual({
        ok: false,
        status: 503,
        fault: null,
      })
      expect(await minted()).toBe(before)
      expect(
        (await at.calls({ outcome: 'failed' })).length + (await at.calls({ outcome: 'refused' })).length,
      ).toBeGreaterThan(0)
      at.jamf.faults.heal()
      expect((await challenge(mac)).step.ok).toBe(true)
    },
  )
})

describe('looked up before issuing', () => {
  const issued = async (ref: DeviceRef) =>
    (
      await at.sql<{ n: number }>(`select count(*)::int as n from certificate where subject like '%' || $1 || '%'`, [
        serialOf(ref),
      ])
    )[0]?.n
  let ref: DeviceRef

  beforeAll(async () => {
    ref = refOf(at.jamf.state.add('computer'))
    await at.services.mdmConnectors.change(TEST_ACTOR, 'jamf', { settings: { lookupBeforeIssuing: true } })
  })
  afterAll(() => at.services.mdmConnectors.change(TEST_ACTOR, 'jamf', { settings: { lookupBeforeIssuing: false } }))

  test('a device that left Jamf Pro with a good challenge gets no certificate', async () => {
    const asked = await challenge(ref)
    at.jamf.state.device(ref).managed = false
    expect(await at.jamf.enrol(ref, at.profile.id, asked.challenge)).toMatchObject({ status: 'FAILURE' })
    expect(await issued(ref)).toBe(0)
    at.jamf.state.device(ref).managed = true
  })

  test.each([
    'server error',
    'maintenance page as success',
    'another JSON',
    'cut off',
    'forbidden',
    'throttled',
  ] as const)('no verdict, no certificate: %s; and one afterwards', async (fault) => {
    const before = await issued(ref)
    const asked = await challenge(ref)
    at.jamf.faults.plan('computers', fault, { times: 99 })
    expect(await at.jamf.enrol(ref, at.profile.id, asked.challenge)).toMatchObject({ certificate: null })
    expect(await issued(ref)).toBe(before)
    expect((await at.calls({ operation: 'computer inventory' }))[0]?.outcome).not.toBe('success')
    at.jamf.faults.heal()
    expect(await at.jamf.install(ref, at.profile.id)).toMatchObject({ status: 'SUCCESS' })
    expect(await issued(ref)).toBe((before ?? 0) + 1)
  })

  test('the flight recorder says why', async () => {
    const asked = await challenge(ref)
    at.jamf.faults.plan('computers', 'server error', { times: 99 })
    await at.jamf.enrol(ref, at.profile.id, asked.challenge)
    const [newest] = (await at.services.transactions.list(TEST_ACTOR, {}, { limit: 1 })).items
    const story = await at.services.transactions.get(TEST_ACTOR, newest?.id ?? '')
    expect(JSON.stringify(story)).toMatch(/Jamf/)
  })
})

describe('a body that is none', () => {
  test.each([
    ['five megabytes', 413],
    ['external entity', 400],
    ['local file', 400],
    ['many laughs', 400],
    ['not parseable', 400],
    ['deep', 400],
  ] as const)('%s: refused, nothing fetched, and the next is served', async (attack, status) => {
    const [delivery] = await at.jamf.event('MobileDeviceUnEnrolled', phone, { attack })
    // A server may end the connection while five megabytes are still on their way; then Jamf Pro hears no status.
    expect(delivery?.status ?? 413).toBe(status)
    expect(at.jamf.entityFetches).toBe(0)
    expect((await challenge(mac)).step.ok).toBe(true)
  })
})

test('the challenges of a device are few: the oldest gives way', async () => {
  const ref = refOf(at.jamf.state.add('computer'))
  const asked: (string | null)[] = []
  for (let n = 0; n < 12; n++) asked.push((await challenge(ref)).challenge)
  expect(new Set(asked).size).toBe(12)
  expect(await at.jamf.enrol(ref, at.profile.id, asked[0] ?? null)).toMatchObject({ status: 'FAILURE' })
  expect(await at.jamf.enrol(ref, at.profile.id, asked[11] ?? null)).toMatchObject({ status: 'SUCCESS' })
})

test('the password of the user, the secrets and the challenges are nowhere: not in a table, not in the log', async () => {
  const { challenge: value } = await challenge(mac, { variant: { targetUser: 'with password' } })
  const secrets = [USER_PASSWORD, at.client.secret, at.hookSecret, value ?? '']
  const forms = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ])
  const tables = await at.sql<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  expect(tables.length).toBeGreaterThan(30)
  for (const { name } of tables) {
    const query = `select count(*)::int as n from ${name} t where exists (select from unnest($1::text[]) f where position(lower(f) in lower(t::text)) > 0)`
    expect({ name, found: (await at.sql<{ n: number }>(query, [forms]))[0]?.n }).toEqual({ name, found: 0 })
  }
  for (const form of forms) expect(at.portal.output().toLowerCase()).not.toContain(form.toLowerCase())
})

test('each call is on the connector’s page: what was asked, and what came of it', async () => {
  const calls = await at.calls()
  expect(
    calls.some(
      ({ direction, operation, outcome }) => `${direction} ${operation} ${outcome}` === 'in SCEPChallenge success',
    ),
  ).toBe(true)
  expect(calls.some(({ direction, operation }) => direction === 'out' && operation === 'token')).toBe(true)
  const { health } = await at.services.mdmConnectors.get(TEST_ACTOR, 'jamf')
  expect(health.lastHeardAt).not.toBeNull()
})

/** The client for Intune against a strict Intune: every way that every hop can fail, and no verdict that was not given. */
import { constants, createPrivateKey, sign } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ownKey } from '@/e2e/fixtures/intune-fleet'
import { type IntuneSimulator, startIntune } from '@/e2e/simulators/intune'
import { deviceRequest, wifiProfile } from '@/e2e/simulators/intune-device'
import { type Hop, MODES, type Mode } from '@/e2e/simulators/intune-faults'
import { intuneClient } from '@/lib/adapters/mdm/intune-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { toPem } from '@/lib/pki/certificate'
import { selfSignedCertificate } from '@/lib/scep/client'
import { certificateCredential, checkedIntuneSettings } from '@/lib/services/intune-settings'
import type { IntuneClient } from '@/lib/services/intune-types'
import type { ConnectorCall, MdmConnector } from '@/lib/services/mdm-connector-types'

const KEY = ownKey()
const PATIENCE = { enrolmentTransactionId: null, patienceMs: 45_000 }
/** Of a call that is never answered: nobody wants to wait as long as a device does. */
const IMPATIENCE_MS = 150
let mostMs = 20_000

let intune: IntuneSimulator
let client: IntuneClient
let calls: ConnectorCall[] = []

beforeAll(async () => {
  intune = await startIntune()
  const guarded = guardedFetch({ rules: [{ host: '127.0.0.0', port: null, prefix: 8, plain: true }] })
  client = intuneClient({
    outbound: {
      send: (request) => guarded.send({ ...request, timeoutMs: Math.min(request.timeoutMs, mostMs) }),
    },
    calls: { note: async (call) => void calls.push(call) },
    signer: {
      open: async (_purpose, _id, sealed) => sealed,
      signClientAssertion: async (_keyId, input) =>
        sign('sha256', input, {
          key: createPrivateKey(KEY.export({ type: 'pkcs8', format: 'pem' })),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 32,
        }),
    },
    rows: { learn: async () => {} },
    caller: 'Latchkey/test',
    clock: () => new Date(),
    pause: async () => {},
  })
})
afterAll(() => intune.close())
beforeEach(async () => {
  await intune.reset()
  intune.consent({ graph: true, intune: true })
  calls = []
  mostMs = 20_000
})

/** Until the end of the test. */
async function persistentFault(hop: Hop, mode: Mode): Promise<void> {
  if (mode === 'timeout') mostMs = IMPATIENCE_MS
  await intune.fault(hop, mode, { times: 9 })
}

/** One that nothing is known of yet. */
function connector(settings: object = {}, credential: Uint8Array = secret()): MdmConnector {
  return {
    id: crypto.randomUUID(),
    kind: 'intune',
    name: 'Intune',
    slug: 'intune',
    settings: checkedIntuneSettings(
      {
        tenant: intune.tenant.id,
        applicationId: intune.applicationId,
        authorityUrl: intune.authorityUrl,
        graphUrl: intune.graphUrl,
        serviceHosts: ['127.0.0.1'],
        ...settings,
      },
      null,
    ),
    credentialSealed: credential,
    credentialExpiresAt: null,
    hookSecretSealed: null,
    previousHookSecretSealed: null,
    previousHookSecretUntil: null,
    state: {},
    disabled: false,
  }
}

function secret(clientSecret = intune.clientSecret): Uint8Array {
  return Buffer.from(JSON.stringify({ clientSecret }))
}

async function request(): Promise<string> {
  const device = intune.device()
  const expected = wifiProfile(device.name)
  const challenge = await intune.challenge({ deviceId: device.id, expected })
  return Buffer.from(await deviceRequest({ ...expected, challenge, privateKey: KEY })).toString('base64')
}

const body = (value: object) => Buffer.from(JSON.stringify(value))

const validate = (to: MdmConnector, certificateRequest: string) =>
  client.act(
    to,
    'validateRequest',
    body({ request: { transactionId: 'T1', certificateRequest, callerInfo: 'Latchkey/test' } }),
    PATIENCE,
  )

test('five calls when nothing is known, one when everything is', async () => {
  const to = connector()
  const csr = await request()
  expect(await validate(to, csr)).toEqual({ said: true, code: 'Success', description: '' })
  expect(intune.counts()).toEqual({ 'token-graph': 1, 'graph-discovery': 1, 'token-intune': 1, validate: 1 })
  await validate(to, csr)
  expect(intune.counts()).toEqual({ 'token-graph': 1, 'graph-discovery': 1, 'token-intune': 1, validate: 2 })
  expect(calls.map(({ outcome }) => outcome)).toEqual(Array(5).fill('success'))
})

test('twenty at once ask for each token once', async () => {
  const to = connector()
  const csr = await request()
  const answers = await Promise.all(Array.from({ length: 20 }, () => validate(to, csr)))
  expect(answers.every((answer) => answer.said && answer.code === 'Success')).toBe(true)
  expect(intune.counts()).toEqual({ 'token-graph': 1, 'graph-discovery': 1, 'token-intune': 1, validate: 20 })
})

test('a certificate is as good as a secret', async () => {
  const certificate = selfSignedCertificate({ subject: [{ type: 'CN', value: 'Latchkey' }], privateKey: KEY })
  const to = connector({ credentialKind: 'certificate' }, certificateCredential({ keyId: 'key', certificate }))
  expect(await validate(to, await request())).toMatchObject({ said: false, fault: 'refused' })
  expect(calls.at(-1)).toMatchObject({ code: 'AADSTS700027' })
  intune.addCertificate(toPem(certificate))
  const after = connector({ credentialKind: 'certificate' }, certificateCredential({ keyId: 'key', certificate }))
  expect(await validate(after, await request())).toMatchObject({ said: true, code: 'Success' })
})

describe('a hop that goes on failing gives no verdict, and says so; once it is well, there is one', () => {
  const hops: Hop[] = ['token-graph', 'graph-discovery', 'token-intune', 'validate']
  test.each(hops.flatMap((hop) => MODES.map((mode): [Hop, Mode] => [hop, mode])))('%s: %s', async (hop, mode) => {
    const csr = await request()
    await persistentFault(hop, mode)
    const answer = await validate(connector(), csr)
    expect(answer.said).toBe(false)
    expect(answer).toMatchObject({ detail: expect.stringMatching(/./) })
    const bad = calls.filter(({ outcome }) => outcome !== 'success')
    expect(bad.length).toBeGreaterThan(0)
    expect(bad.length).toBeLessThanOrEqual(2)
    for (const { code } of bad) expect(code).toMatch(/./)
    await intune.clearFaults()
    mostMs = 20_000
    expect(await validate(connector(), csr)).toMatchObject({ said: true, code: 'Success' })
  })
})

describe('a fault that passes is bridged by one more attempt, where that can help', () => {
  const bridged: Mode[] = ['reset', 'accepted-but-no-answer', 'http404', 'http500', 'http500-html', 'http503']
  test.each(bridged)('validate: %s', async (mode) => {
    await intune.fault('validate', mode)
    expect(await validate(connector(), await request())).toMatchObject({ said: true, code: 'Success' })
  })

  test('a revoked token, a moved service and a busy one', async () => {
    const to = connector()
    await validate(to, await request())
    intune.revokeTokens()
    expect(await validate(to, await request())).toMatchObject({ said: true, code: 'Success' })
    await intune.moveService({ closePort: true })
    expect(await validate(to, await request())).toMatchObject({ said: true, code: 'Success' })
    await intune.fault('validate', 'http429', { param: 1 })
    expect(await validate(to, await request())).toMatchObject({ said: true, code: 'Success' })
    await intune.fault('validate', 'http429', { param: 60 })
    expect(await validate(to, await request())).toMatchObject({ said: false })
  })
})

test('a wrong secret is tried once, and not again for a while, until somebody enters another one', async () => {
  const wrong = connector({}, secret('wrong-secret'))
  for (let n = 0; n < 5; n++) expect(await validate(wrong, await request())).toMatchObject({ said: false })
  expect(intune.counts()).toEqual({ 'token-graph': 1 })
  expect(calls).toMatchObject([{ outcome: 'refused', code: 'AADSTS7000215' }])
  expect(await validate({ ...wrong, credentialSealed: secret() }, await request())).toMatchObject({ code: 'Success' })
})

test('neither the secret, nor a token, nor the challenge is in the log of calls', async () => {
  const csr = await request()
  for (const hop of ['token-graph', 'validate'] as const) {
    await intune.fault(hop, 'http400-invalid-client', { times: 9 })
    await validate(connector(), csr)
    await intune.clearFaults()
  }
  await validate(connector(), csr)
  const written = JSON.stringify(calls)
  expect(written).not.toContain(intune.clientSecret)
  expect(written).not.toMatch(/eyJ|Bearer/)
  expect(written).not.toContain(csr.slice(100, 140))
})

test('a yes in another spelling is logged as the yes it is taken for, as it came', async () => {
  await intune.fault('validate', 'code:SUCCESS')
  expect(await validate(connector(), await request())).toMatchObject({ said: true, code: 'SUCCESS' })
  expect(calls.at(-1)).toMatchObject({ outcome: 'success', code: 'SUCCESS' })
})

test('discovery in pages is read to its end', async () => {
  intune.switch({ graphPageSize: 1 })
  expect(await validate(connector(), await request())).toMatchObject({ code: 'Success' })
  intune.switch({ graphPageSize: 100 })
})

describe('test connection names the step that fails', () => {
  test.each<[string, () => unknown, number, string]>([
    ['a wrong secret', () => ({}), 1, 'AADSTS7000215'],
    ['an unknown application', () => ({ applicationId: crypto.randomUUID() }), 1, 'AADSTS700016'],
    ['an unknown tenant', () => ({ tenant: 'nobody.example' }), 1, 'AADSTS90002'],
    ['no consent for Graph', () => intune.consent({ graph: false }), 2, 'HTTP 403'],
    ['no Intune role', () => intune.consent({ intune: false }), 2, 'no_service'],
    ['one slash', () => ({ intuneScope: 'https://api.manage.microsoft.com/.default' }), 3, 'AADSTS500011'],
  ])('%s', async (what, change, steps, code) => {
    const settings = change()
    const credential = what === 'a wrong secret' ? secret('wrong-secret') : secret()
    const checks = await client.test(connector(typeof settings === 'object' ? (settings as object) : {}, credential))
    expect(checks).toHaveLength(steps)
    expect(checks.at(-1)).toMatchObject({ ok: false, code, advice: expect.stringMatching(/./) })
  })

  test('and when nothing does, all three are well', async () => {
    expect((await client.test(connector())).map(({ ok }) => ok)).toEqual([true, true, true])
  })
})

describe('revocations', () => {
  const result = (requestContext: string) => ({
    requestContext,
    succeeded: true,
    errorCode: 'None' as const,
    errorMessage: '',
  })

  test('are downloaded, and their results uploaded in either spelling', async () => {
    for (const resultCodes of ['names', 'numbers']) {
      const { requestContext } = intune.queueRevocation({ serialNumber: '2A' })
      const to = connector({ resultCodes })
      expect(await client.downloadRevocations(to, 100)).toMatchObject({ said: true, requests: [{ requestContext }] })
      expect(await client.uploadRevocations(to, [result(requestContext)])).toEqual({ said: true, recorded: true })
    }
    expect(intune.tenant.revocations.every((each) => each.result?.succeeded)).toBe(true)
  })

  test.each(MODES)('a download that goes on failing with %s is no empty list', async (mode) => {
    intune.queueRevocation({ serialNumber: '2A' })
    await persistentFault('rev-download', mode)
    expect(await client.downloadRevocations(connector(), 100)).toMatchObject({ said: false })
  })

  test.each([...MODES, 'value-false' as const])(
    'an upload that goes on failing with %s is not taken for done',
    async (mode) => {
      const { requestContext } = intune.queueRevocation({ serialNumber: '2A' })
      const to = connector()
      await client.downloadRevocations(to, 100)
      await persistentFault('rev-upload', mode)
      if (mode === 'refused') await client.downloadRevocations(to, 100)
      const answer = await client.uploadRevocations(to, [result(requestContext)])
      expect(answer.said && answer.recorded).toBe(false)
    },
  )

  test('true as a word is true', async () => {
    const { requestContext } = intune.queueRevocation({ serialNumber: '2A' })
    const to = connector()
    await client.downloadRevocations(to, 100)
    await intune.fault('rev-upload', 'value-string-true')
    expect(await client.uploadRevocations(to, [result(requestContext)])).toEqual({ said: true, recorded: true })
  })
})

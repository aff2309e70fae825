/** How Intune is asked: the exact requests, how often, and what is made of every kind of answer. */
import { beforeEach, describe, expect, test } from 'vitest'
import { checkedIntuneCredential } from '@/lib/services/intune-settings'
import type { ConnectorCall, MdmConnector } from '@/lib/services/mdm-connector-types'
import { intuneClient } from './intune-client'
import { type Scripted, scriptedIntune, TENANT_SETTINGS } from './testing/scripted-intune'

const SECRET = 'the-client~secret'
const BODY = Buffer.from('{"request":{"transactionId":"T","certificateRequest":"TUlJ","callerInfo":"x"}}')
const OCCASION = { enrolmentTransactionId: 'row', patienceMs: 25_000 }
const NOON = new Date('2026-11-26T12:00:00Z')

const microsoft = scriptedIntune()
let connector: MdmConnector
let calls: ConnectorCall[]
let time: number
let pauses: number[]
let client: ReturnType<typeof intuneClient>

function made(): ReturnType<typeof intuneClient> {
  return intuneClient({
    outbound: microsoft,
    calls: { note: async (call) => void calls.push(call) },
    rows: {
      learn: async (_id, state) => {
        connector.state = { ...(connector.state as object), ...state }
      },
    },
    signer: {
      open: async (_purpose, _row, sealed) => sealed,
      signClientAssertion: async () => Buffer.from('signature'),
    },
    caller: 'Latchkey/9.9',
    clock: () => new Date(NOON.getTime() + time),
    monotonic: () => time,
    pause: async (milliseconds) => {
      pauses.push(milliseconds)
      time += milliseconds
    },
  })
}

beforeEach(() => {
  microsoft.reset()
  calls = []
  pauses = []
  time = 0
  connector = {
    id: '00000000-0000-4000-8000-000000000001',
    kind: 'intune',
    name: 'Contoso',
    slug: 'contoso',
    settings: { ...TENANT_SETTINGS },
    credentialSealed: checkedIntuneCredential({ clientSecret: SECRET }),
    credentialExpiresAt: null,
    hookSecretSealed: null,
    previousHookSecretSealed: null,
    previousHookSecretUntil: null,
    state: {},
    disabled: false,
  }
  client = made()
})

const validate = () => client.act(connector, 'validateRequest', BODY, OCCASION)
const succeed = () => client.act(connector, 'successNotification', BODY, OCCASION)

test('cold, an enrolment takes five calls, and warm two', async () => {
  expect(await validate()).toEqual({ said: true, code: 'Success', description: '' })
  await succeed()
  expect(microsoft.hops()).toEqual(['token-graph', 'discovery', 'token-intune', 'validate', 'success'])
  microsoft.received.length = 0
  await validate()
  await succeed()
  expect(microsoft.hops()).toEqual(['validate', 'success'])
})

test('each request is the one that Microsoft’s own libraries send', async () => {
  await validate()
  await client.downloadRevocations(connector, 100)
  const [graph, discovery, intune, action, download] = microsoft.received
  expect(graph?.url).toBe('https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token')
  expect(Object.fromEntries(graph?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    client_id: TENANT_SETTINGS.applicationId,
    client_secret: SECRET,
    scope: 'https://graph.microsoft.com/.default',
  })
  expect(discovery).toMatchObject({
    method: 'GET',
    url: 'https://graph.microsoft.com/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints',
    headers: { authorization: 'Bearer SECRET-TOKEN-token-graph-1', 'client-request-id': expect.stringMatching(GUID) },
  })
  expect(intune?.form?.get('scope')).toBe('https://api.manage.microsoft.com//.default')
  expect(action?.url).toBe(`${microsoft.base}/StatelessScepRequestValidationService/ScepActions/validateRequest`)
  expect(action?.headers).toEqual({
    authorization: 'Bearer SECRET-TOKEN-token-intune-2',
    'content-type': 'application/json',
    'api-version': '2018-02-20',
    'client-request-id': expect.stringMatching(GUID),
    UserAgent: 'Latchkey/9.9',
  })
  expect(action?.body).toEqual(BODY)
  expect(download?.headers['api-version']).toBe('5019-05-05')
  expect(download?.json).toEqual({ downloadParameters: { maxRequests: 100, issuerName: null } })
  const ids = microsoft.received.flatMap(({ headers }) => headers['client-request-id'] ?? [])
  expect(new Set(ids).size).toBe(microsoft.received.length)
})

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('whoever wants a token while one is fetched waits for that one', async () => {
  await Promise.all([validate(), validate(), validate()])
  expect(microsoft.hops().filter((hop) => hop.startsWith('token') || hop === 'discovery')).toEqual([
    'token-graph',
    'discovery',
    'token-intune',
  ])
})

test('a token is used until a minute before its end', async () => {
  await validate()
  time += (3599 - 61) * 1_000
  // Discovery is older than half an hour by then, and needs its own.
  microsoft.received.length = 0
  await validate()
  expect(microsoft.hops()).toEqual(['discovery', 'validate'])
  time += 2_000
  microsoft.received.length = 0
  await validate()
  expect(microsoft.hops()).toEqual(['token-intune', 'validate'])
})

test('another secret or tenant gets a token of its own', async () => {
  await validate()
  connector.credentialSealed = checkedIntuneCredential({ clientSecret: 'another~secret' })
  microsoft.received.length = 0
  await validate()
  expect(microsoft.hops()).toEqual(['token-intune', 'validate'])
  connector.settings = { ...TENANT_SETTINGS, tenant: 'other.example' }
  microsoft.received.length = 0
  await validate()
  expect(microsoft.hops()).toEqual(['token-graph', 'discovery', 'token-intune', 'validate'])
})

test('401 from the service costs the token, and one attempt more', async () => {
  await validate()
  microsoft.received.length = 0
  microsoft.script('validate', { status: 401 })
  expect(await validate()).toMatchObject({ said: true, code: 'Success' })
  expect(microsoft.hops()).toEqual(['validate', 'token-intune', 'validate'])
})

describe('a service that is not where it was', () => {
  const gone: [string, Scripted][] = [
    ['404', { status: 404 }],
    ['410', { status: 410 }],
    ['500', { status: 500, text: '<html>' }],
    ['503 without Retry-After', { status: 503 }],
    ['an unknown name', { fault: 'dns_failed' }],
    ['a closed port', { fault: 'connect_failed' }],
    ['another certificate', { fault: 'tls_failed' }],
  ]
  test.each(gone)('%s: it is looked for once, and asked once more', async (_, answer) => {
    await validate()
    microsoft.received.length = 0
    microsoft.base = 'https://fef.moved.manage.microsoft.com/RACerts'
    microsoft.script('validate', answer)
    expect(await validate()).toMatchObject({ said: true, code: 'Success' })
    expect(microsoft.hops()).toEqual(['validate', 'discovery', 'validate'])
    expect(microsoft.received.at(-1)?.url).toContain('fef.moved.manage.microsoft.com')
  })

  test.each(gone)('%s twice: nothing was said, after two attempts', async (_, answer) => {
    await validate()
    microsoft.received.length = 0
    microsoft.script('validate', answer, answer, answer)
    expect(await validate()).toMatchObject({ said: false })
    expect(microsoft.hops().filter((hop) => hop === 'validate')).toHaveLength(2)
  })
})

test('a connection that broke is made once more, to the same place', async () => {
  await validate()
  microsoft.received.length = 0
  microsoft.script('validate', { fault: 'connection_lost' })
  expect(await validate()).toMatchObject({ said: true })
  expect(microsoft.hops()).toEqual(['validate', 'validate'])
})

test.each<[string, Scripted]>([
  ['400', { status: 400 }],
  ['403', { status: 403 }],
  ['429 with a long wait', { status: 429, retryAfterSeconds: 30 }],
  ['429 without a word', { status: 429 }],
  ['503 with a long wait', { status: 503, retryAfterSeconds: 6 }],
  ['silence', { fault: 'timeout' }],
  ['no JSON', { status: 200, text: '<html>' }],
  ['an empty body', { status: 200, text: '' }],
  ['no code', { status: 200, json: { errorDescription: '' } }],
  ['a code that is none', { status: 200, json: { code: 0 } }],
])('%s is not asked again, and is no verdict', async (_, answer) => {
  await validate()
  microsoft.received.length = 0
  microsoft.script('validate', answer)
  expect(await validate()).toMatchObject({ said: false })
  expect(microsoft.hops()).toEqual(['validate'])
})

test.each([429, 503])('%i with a short Retry-After is waited for, once', async (status) => {
  await validate()
  pauses.length = 0
  microsoft.script('validate', { status, retryAfterSeconds: 3 })
  expect(await validate()).toMatchObject({ said: true })
  expect(pauses).toEqual([3_000])
})

test('nobody waits longer than their patience', async () => {
  await validate()
  microsoft.script('validate', { status: 429, retryAfterSeconds: 5 })
  expect(await client.act(connector, 'validateRequest', BODY, { ...OCCASION, patienceMs: 4_000 })).toMatchObject({
    said: false,
  })
  expect(pauses.includes(5_000)).toBe(false)
  microsoft.received.length = 0
  await client.act(connector, 'validateRequest', BODY, { ...OCCASION, patienceMs: 4_000 })
  expect(microsoft.received[0]?.timeoutMs).toBeLessThanOrEqual(4_000)
  expect(microsoft.received[0]?.connectMs).toBe(5_000)
})

test('with Graph down, the services are where they were', async () => {
  await validate()
  time += 31 * 60_000
  microsoft.script('discovery', { status: 500 }, { status: 500 })
  expect(await validate()).toMatchObject({ said: true })
})

test('another process starts from what was learnt', async () => {
  await validate()
  client = made()
  microsoft.received.length = 0
  await validate()
  expect(microsoft.hops()).toEqual(['token-intune', 'validate'])
  // And with a stale map, while Graph is away.
  client = made()
  time += 86_400_000
  microsoft.script('token-graph', { fault: 'connect_failed' }, { fault: 'connect_failed' })
  expect(await validate()).toMatchObject({ said: true })
})

test.each([
  ['another host', 'https://evil.example/RACerts'],
  ['a name that only ends like it', 'https://evilmanage.microsoft.com/RACerts'],
  ['plain HTTP', 'http://fef.unit.manage.microsoft.com/RACerts'],
  ['a user name in front', 'https://fef.unit.manage.microsoft.com@evil.example/RACerts'],
])('no token goes to %s', async (_, base) => {
  microsoft.base = base
  expect(await validate()).toMatchObject({ said: false, fault: 'url_refused' })
  expect(microsoft.hops()).toEqual(['token-graph', 'discovery'])
})

test('a list without the service is no service', async () => {
  microsoft.script('discovery', { status: 200, json: { value: [] } })
  expect(await validate()).toMatchObject({ said: false, fault: 'no_service' })
  expect((connector.state as { services?: unknown }).services).toBeUndefined()
})

test('an entry that cannot be kept is passed over, and the service beside it found', async () => {
  const uri = `${microsoft.base}/S`
  const value = [
    { providerName: 'Odd\u0000', uri: 'https://odd.example' },
    { providerName: 'Other', uri: 'https://other.example/\ud800' },
    { providerName: 'ScepRequestValidationFEService', uri },
  ]
  microsoft.script('discovery', { status: 200, json: { value } })
  expect(await validate()).toMatchObject({ said: true })
  expect((connector.state as { services: { map: object } }).services.map).toEqual({
    sceprequestvalidationfeservice: uri,
  })
})

test('a long list is read to its end, on the same host', async () => {
  const uri = `${microsoft.base}/S`
  microsoft.script(
    'discovery',
    { status: 200, json: { value: [], '@odata.nextLink': 'https://graph.microsoft.com/v1.0/x/endpoints?page=2' } },
    { status: 200, json: { value: [{ providerName: 'scepRequestValidationFEService', uri }] } },
  )
  expect(await validate()).toMatchObject({ said: true })
  expect(microsoft.received[2]?.url).toBe('https://graph.microsoft.com/v1.0/x/endpoints?page=2')
})

describe('a credential that Entra refuses', () => {
  const invalid: Scripted = {
    status: 401,
    json: { error: 'invalid_client', error_description: `AADSTS7000215: ${SECRET}`, error_codes: [7000215] },
  }

  test('is not tried again at once, and is as soon as it was changed', async () => {
    microsoft.script('token-graph', invalid)
    expect(await validate()).toMatchObject({
      said: false,
      fault: 'refused',
      detail: expect.stringContaining('AADSTS7000215'),
    })
    expect(await validate()).toMatchObject({ said: false, fault: 'backing_off' })
    expect(microsoft.hops()).toEqual(['token-graph'])
    connector.credentialSealed = checkedIntuneCredential({ clientSecret: 'better~secret' })
    expect(await validate()).toMatchObject({ said: true })
  })

  test('is tried again after a while that grows', async () => {
    microsoft.script('token-graph', invalid, invalid)
    await validate()
    time += 11_000
    await validate()
    time += 11_000
    await validate()
    expect(microsoft.hops()).toEqual(['token-graph', 'token-graph'])
    time += 10_000
    expect(await validate()).toMatchObject({ said: true })
  })
})

test('every call is on record, and no secret is in it', async () => {
  microsoft.script(
    'validate',
    { status: 401 },
    { status: 200, json: { code: 'ChallengeExpired', errorDescription: 'old' } },
  )
  await validate()
  expect(
    calls.map(({ operation, outcome, code, attempt, status }) => [operation, outcome, code, attempt, status]),
  ).toEqual([
    ['token for Microsoft Graph', 'success', null, 1, 200],
    ['discovery', 'success', null, 1, 200],
    ['token for Intune', 'success', null, 1, 200],
    ['validateRequest', 'failed', 'HTTP 401', 1, 401],
    ['token for Intune', 'success', null, 1, 200],
    ['validateRequest', 'refused', 'ChallengeExpired', 2, 200],
  ])
  expect(calls.at(-1)).toMatchObject({
    connectorId: connector.id,
    direction: 'out',
    enrolmentTransactionId: 'row',
    target: 'fef.unit.manage.microsoft.com/RACerts/StatelessScepRequestValidationService/ScepActions/validateRequest',
    detail: 'old',
    correlationId: microsoft.received.at(-1)?.headers['client-request-id'],
  })
  const written = JSON.stringify(calls)
  for (const secret of [SECRET, 'SECRET-TOKEN', 'TUlJ']) expect(written).not.toContain(secret)
})

describe('results of revocations', () => {
  const result = {
    requestContext: 'c',
    succeeded: false,
    errorCode: 'CertificateNotFoundError',
    errorMessage: 'm',
  } as const

  test.each([
    ['names', 'CertificateNotFoundError'],
    ['numbers', '4004'],
  ])('are sent as %s', async (resultCodes, errorCode) => {
    connector.settings = { ...TENANT_SETTINGS, resultCodes: resultCodes as 'names' }
    await client.uploadRevocations(connector, [result])
    expect(microsoft.uploaded).toEqual([{ ...result, errorCode }])
  })

  test.each([
    [true, true],
    ['true', true],
    ['True', true],
    [false, false],
    ['yes', false],
    [null, false],
  ])('are recorded when the answer is %j: %j', async (value, recorded) => {
    microsoft.script('rev-upload', { status: 200, json: { value } })
    expect(await client.uploadRevocations(connector, [result])).toEqual({ said: true, recorded })
  })
})

describe('test connection', () => {
  test('passes with three steps, and asks anew', async () => {
    await validate()
    microsoft.received.length = 0
    const checks = await client.test(connector)
    expect(checks.map(({ step, ok }) => [step, ok])).toEqual([
      ['Token for Microsoft Graph', true],
      ['Discovery of the Intune services', true],
      ['Token for Intune', true],
    ])
    expect(microsoft.hops()).toEqual(['token-graph', 'discovery', 'token-intune'])
  })

  const refusal = (number: number, error = 'invalid_client') => ({
    status: 400,
    json: { error, error_description: `AADSTS${number}: text`, error_codes: [number] },
  })
  test.each<[string, Parameters<typeof microsoft.script>, string, RegExp]>([
    ['a wrong secret', ['token-graph', refusal(7000215)], 'AADSTS7000215', /Value, not its Secret ID/],
    ['an expired secret', ['token-graph', refusal(7000222)], 'AADSTS7000222', /expired|new one/],
    [
      'another tenant’s application',
      ['token-graph', refusal(700016, 'unauthorized_client')],
      'AADSTS700016',
      /Directory/,
    ],
    ['no such tenant', ['token-graph', refusal(90002, 'invalid_request')], 'AADSTS90002', /Directory \(tenant\) ID/],
    ['an unknown resource', ['token-intune', refusal(500011, 'invalid_resource')], 'AADSTS500011', /two slashes/],
    [
      'no permission for Graph',
      ['discovery', { status: 403, json: { error: { code: 'Authorization_RequestDenied' } } }],
      'HTTP 403',
      /Application\.Read\.All/,
    ],
    [
      'no permission for Intune',
      ['discovery', { status: 200, json: { value: [] } }],
      'no_service',
      /scep_challenge_provider/,
    ],
    [
      'a firewall',
      ['token-graph', { fault: 'connect_failed' }, { fault: 'connect_failed' }],
      'connect_failed',
      /firewall/,
    ],
  ])('says what is wrong with %s, and ends there', async (_, script, code, advice) => {
    microsoft.script(...script)
    const checks = await client.test(connector)
    expect(checks.filter(({ ok }) => !ok)).toEqual([checks.at(-1)])
    expect(checks.at(-1)).toMatchObject({ ok: false, code, advice: expect.stringMatching(advice) })
  })
})

test('a certificate shows who we are without a secret', async () => {
  const { certificateCredential } = await import('@/lib/services/intune-settings')
  connector.credentialSealed = certificateCredential({
    keyId: 'key',
    certificate: Buffer.from('certificate'),
    next: null,
  })
  await validate()
  const form = microsoft.received[0]?.form
  expect(form?.get('client_secret')).toBeNull()
  expect(form?.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const [header, claims, signature] = (form?.get('client_assertion') ?? '')
    .split('.')
    .map((part) => Buffer.from(part, 'base64url'))
  expect(JSON.parse(String(header))).toEqual({
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(JSON.parse(String(claims))).toMatchObject({
    aud: 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token',
    iss: TENANT_SETTINGS.applicationId,
    sub: TENANT_SETTINGS.applicationId,
    exp: NOON.getTime() / 1_000 + 300,
  })
  expect(String(signature)).toBe('signature')
})

/** The simulator is as strict as it says: what a careless client would do is refused. */
import { createHash, randomUUID, sign, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rsaKey } from '@/e2e/fixtures/chain'
import { toPem } from '@/lib/pki/certificate'
import { selfSignedCertificate } from '@/lib/scep/client'
import { type IntuneSimulator, startIntune } from './intune'
import type { ChallengeWish } from './intune-control'
import { type DeviceRequest, deviceRequest, wifiProfile } from './intune-device'
import { GRAPH_SCOPE, INTUNE_SCOPE } from './intune-entra'
import { HOPS, MODES } from './intune-faults'
import { newApplication, newTenant } from './intune-world'

const KEY = rsaKey().privateKey
const EXPECTED = wifiProfile('tablet-7', [{ type: 'dns', value: 'tablet-7.example' }])
const THUMBPRINT = 'AB'.repeat(20)
const HOUR = 3_600_000

let intune: IntuneSimulator

beforeAll(async () => {
  intune = await startIntune()
})
afterAll(() => intune.close())
beforeEach(async () => {
  await intune.reset()
  intune.consent({ graph: true, intune: true })
  intune.switch({ requireDoubleSlash: true, filterQuirk: true, graphPageSize: 100, mostPerMinute: null })
})

interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the tests, member by member.
  json: any
}

async function ask(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init)
  const body = await response.text()
  let json: unknown = null
  try {
    json = JSON.parse(body)
  } catch {}
  return { status: response.status, headers: response.headers, json }
}

const tokenUrl = (tenant = intune.tenant.id) => `${intune.authorityUrl}${tenant}/oauth2/v2.0/token`

function askToken(scope: string, change: Record<string, string | null> = {}, tenant?: string): Promise<Reply> {
  const form = new URLSearchParams()
  const given = {
    grant_type: 'client_credentials',
    client_id: intune.applicationId,
    client_secret: intune.clientSecret,
    scope,
    ...change,
  }
  for (const [name, value] of Object.entries(given)) if (value !== null) form.set(name, value)
  return ask(tokenUrl(tenant), { method: 'POST', body: form })
}

const token = async (scope: string): Promise<string> => (await askToken(scope)).json.access_token

async function discover(change: { token?: string; appId?: string; headers?: Record<string, string> } = {}) {
  const appId = change.appId ?? '0000000a-0000-0000-c000-000000000000'
  return ask(`${intune.graphUrl}v1.0/servicePrincipals/appId=${appId}/endpoints`, {
    headers: {
      authorization: `Bearer ${change.token ?? (await token(GRAPH_SCOPE))}`,
      'client-request-id': randomUUID(),
      ...change.headers,
    },
  })
}

interface CallChange {
  token?: string
  headers?: Record<string, string | null>
  url?: string
  method?: string
}

async function call(path: string, body: unknown, change: CallChange = {}): Promise<Reply> {
  const headers = new Headers()
  const given: Record<string, string | null> = {
    authorization: `Bearer ${change.token ?? (await token(INTUNE_SCOPE))}`,
    'content-type': 'application/json',
    'api-version': path.startsWith('ScepActions') ? '2018-02-20' : '5019-05-05',
    'client-request-id': randomUUID(),
    ...change.headers,
  }
  for (const [name, value] of Object.entries(given)) if (value !== null) headers.set(name, value)
  const service = path.startsWith('ScepActions') ? 'ScepRequestValidation' : 'PkiConnector'
  const url = change.url ?? `${intune.serviceUrl()}/Stateless${service}Service`
  return ask(`${url}/${path}`, {
    method: change.method ?? 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function csrFor(wish: Partial<ChallengeWish> = {}, change: Partial<DeviceRequest> = {}): Promise<string> {
  const deviceId = wish.deviceId ?? intune.device().id
  const challenge = await intune.challenge({ deviceId, expected: EXPECTED, ...wish })
  return base64(await deviceRequest({ ...EXPECTED, challenge, privateKey: KEY, ...change }))
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

const validate = (certificateRequest: string, transactionId = 'T1', change: CallChange = {}) =>
  call('ScepActions/validateRequest', { request: { transactionId, certificateRequest, callerInfo: 'Test/1' } }, change)

const success = (certificateRequest: string, change: Record<string, unknown> = {}) =>
  call('ScepActions/successNotification', {
    notification: {
      transactionId: 'T1',
      certificateRequest,
      certificateThumbprint: THUMBPRINT,
      certificateSerialNumber: '2A00',
      certificateExpirationDateUtc: '2027-03-01T09:30:00.000Z',
      issuingCertificateAuthority: 'CN=Issuer',
      callerInfo: 'Test/1',
      caConfiguration: 'ca-7',
      certificateAuthority: 'Issuer',
      ...change,
    },
  })

const download = (maxRequests = 100, issuerName: string | null = null) =>
  call('CertificateAuthorityRequests/downloadRevocationRequests', { downloadParameters: { maxRequests, issuerName } })

const upload = (...results: unknown[]) => call('CertificateAuthorityRequests/uploadRevocationResults', { results })

describe('tokens', () => {
  test('are given for a tenant by id and by name, and say how long they live', async () => {
    expect(await askToken(INTUNE_SCOPE)).toMatchObject({
      status: 200,
      json: { token_type: 'Bearer', expires_in: 3599, access_token: expect.any(String) },
    })
    expect(await askToken(GRAPH_SCOPE, {}, 'CONTOSO.example')).toMatchObject({ status: 200 })
  })

  test.each([
    ['a wrong secret', { client_secret: 'no' }, 401, 'invalid_client', 7000215],
    ['no secret', { client_secret: null }, 401, 'invalid_client', 7000216],
    ['another application', { client_id: randomUUID() }, 400, 'unauthorized_client', 700016],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['a resource nobody knows', { scope: 'https://other.example/.default' }, 400, 'invalid_resource', 500011],
    ['a scope without .default', { scope: 'https://graph.microsoft.com/User.Read' }, 400, 'invalid_scope', 1002012],
    [
      'one slash in the Intune scope',
      { scope: 'https://api.manage.microsoft.com/.default' },
      400,
      'invalid_resource',
      500011,
    ],
    ['an unknown parameter', { resource: 'https://graph.microsoft.com' }, 400, 'invalid_request', 90023],
    ['no scope', { scope: null }, 400, 'invalid_request', 900144],
  ])('%s is refused in the words of Entra', async (_what, change, status, error, code) => {
    expect(await askToken(INTUNE_SCOPE, change)).toMatchObject({
      status,
      json: {
        error,
        error_codes: [code],
        error_description: expect.stringContaining(`AADSTS${code}: `),
        correlation_id: expect.any(String),
      },
    })
  })

  test('an unknown tenant and one that is no name are refused', async () => {
    expect(await askToken(INTUNE_SCOPE, {}, 'fabrikam.example')).toMatchObject({ json: { error_codes: [90002] } })
    expect(await askToken(INTUNE_SCOPE, {}, 'a_b')).toMatchObject({ json: { error_codes: [900023] } })
  })

  test('an expired secret is called expired, and an application of another tenant is unknown here', async () => {
    const other = await newTenant(intune.world, 'other.example')
    const expired = newApplication(other, new Date(Date.now() - 1))
    const credentials = { client_id: expired.id, client_secret: expired.secret }
    expect(await askToken(INTUNE_SCOPE, credentials, other.id)).toMatchObject({ json: { error_codes: [7000222] } })
    expect(await askToken(INTUNE_SCOPE, credentials)).toMatchObject({ json: { error_codes: [700016] } })
  })

  test('JSON is no form', async () => {
    const body = JSON.stringify({ grant_type: 'client_credentials' })
    const headers = { 'content-type': 'application/json' }
    expect(await ask(tokenUrl(), { method: 'POST', headers, body })).toMatchObject({ status: 400 })
  })

  test('one slash is enough where the switch says so', async () => {
    intune.switch({ requireDoubleSlash: false })
    expect(await askToken('https://api.manage.microsoft.com/.default')).toMatchObject({ status: 200 })
  })
})

describe('client assertions', () => {
  const key = rsaKey().privateKey
  const subject = [{ type: 'CN' as const, value: 'Latchkey at Intune' }]
  const certificate = new X509Certificate(selfSignedCertificate({ subject, privateKey: key }))
  beforeAll(() => intune.addCertificate(toPem(certificate.raw)))

  function assertion(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, signer = key): string {
    const seconds = Math.floor(Date.now() / 1000)
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const x5t = createHash('sha1').update(certificate.raw).digest('base64url')
    const signed = `${part({ alg: 'RS256', typ: 'JWT', x5t, ...header })}.${part({
      aud: tokenUrl(),
      iss: intune.applicationId,
      sub: intune.applicationId,
      jti: randomUUID(),
      nbf: seconds,
      exp: seconds + 300,
      ...claims,
    })}`
    return `${signed}.${sign('sha256', Buffer.from(signed), signer).toString('base64url')}`
  }
  const present = (client_assertion: string, change: Record<string, string | null> = {}) =>
    askToken(INTUNE_SCOPE, {
      client_secret: null,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
      ...change,
    })

  test('an assertion is believed once', async () => {
    const once = assertion()
    expect(await present(once)).toMatchObject({ status: 200 })
    expect(await present(once)).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
  })

  test.each([
    ['for another audience', { aud: 'https://login.microsoftonline.com/common/oauth2/v2.0/token' }, 700023],
    ['of another application', { iss: randomUUID() }, 700021],
    ['about another application', { sub: randomUUID() }, 700021],
    ['that is over', { exp: Math.floor(Date.now() / 1000) - 1 }, 700024],
    ['that is good for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }, 700024],
    ['of the future', { nbf: Math.floor(Date.now() / 1000) + 3_600 }, 700024],
    ['without an id', { jti: undefined }, 50027],
  ])('one %s is refused', async (_what, claims, code) => {
    expect(await present(assertion(claims))).toMatchObject({ status: 401, json: { error_codes: [code] } })
  })

  test('one of another key, of another certificate, of another type or beside a secret is refused', async () => {
    const stranger = rsaKey().privateKey
    expect(await present(assertion({}, {}, stranger))).toMatchObject({ json: { error_codes: [700027] } })
    expect(await present(assertion({}, { x5t: 'AAAA' }))).toMatchObject({ json: { error_codes: [700027] } })
    expect(await present(assertion({}, { alg: 'none' }))).toMatchObject({ json: { error_codes: [700027] } })
    expect(await present(assertion(), { client_assertion_type: 'jwt' })).toMatchObject({
      json: { error_codes: [50027] },
    })
    expect(await present(assertion(), { client_secret: intune.clientSecret })).toMatchObject({ status: 401 })
  })
})

describe('discovery', () => {
  test('says where the services are, after other ones', async () => {
    const { status, json } = await discover()
    expect(status).toBe(200)
    expect(json.value).toContainEqual(
      expect.objectContaining({
        providerName: 'ScepRequestValidationFEService',
        uri: `${intune.serviceUrl()}/StatelessScepRequestValidationService`,
      }),
    )
    expect(json.value[0].providerName).not.toBe('ScepRequestValidationFEService')
  })

  test('needs a token for Graph, with consent', async () => {
    expect(await discover({ token: await token(INTUNE_SCOPE) })).toMatchObject({ status: 401 })
    expect(await discover({ headers: { authorization: '' } })).toMatchObject({ status: 401 })
    intune.consent({ graph: false })
    expect(await discover()).toMatchObject({ status: 403, json: { error: { code: 'Authorization_RequestDenied' } } })
  })

  test('leaves the SCEP service out without the Intune role, knows one application, and can come in pages', async () => {
    intune.consent({ intune: false })
    expect(JSON.stringify((await discover()).json)).not.toContain('ScepRequestValidation')
    expect(await discover({ appId: randomUUID() })).toMatchObject({ status: 404 })
    intune.switch({ graphPageSize: 1 })
    const { json } = await discover()
    expect(json.value).toHaveLength(1)
    const headers = { authorization: `Bearer ${await token(GRAPH_SCOPE)}`, 'client-request-id': randomUUID() }
    expect((await ask(json['@odata.nextLink'], { headers })).json.value).toHaveLength(1)
  })
})

describe('the form of a call', () => {
  test.each<[string, CallChange, number]>([
    ['without a token', { headers: { authorization: null } }, 401],
    ['with another scheme', { headers: { authorization: 'Basic abc' } }, 401],
    ['without api-version', { headers: { 'api-version': null } }, 400],
    ['with the api-version of the other service', { headers: { 'api-version': '5019-05-05' } }, 400],
    ['that is a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['without client-request-id', { headers: { 'client-request-id': null } }, 400],
    ['whose client-request-id is no GUID', { headers: { 'client-request-id': '7' } }, 400],
    ['by PUT', { method: 'PUT' }, 405],
  ])('one %s is refused', async (_what, change, status) => {
    const csr = await csrFor()
    expect(await validate(csr, 'T1', change)).toMatchObject({ status })
    expect(await validate(csr)).toMatchObject({ status: 200, json: { code: 'Success' } })
  })

  test('an id of a call is good for once', async () => {
    const headers = { 'client-request-id': randomUUID() }
    expect(await validate(await csrFor(), 'T1', { headers })).toMatchObject({ status: 200 })
    expect(await validate(await csrFor(), 'T1', { headers })).toMatchObject({ status: 400 })
  })

  test('a token of Graph, one that is over, one that was revoked and one without the role are refused', async () => {
    const csr = await csrFor()
    expect(await validate(csr, 'T1', { token: await token(GRAPH_SCOPE) })).toMatchObject({ status: 401 })
    const mine = await token(INTUNE_SCOPE)
    expect(await validate(csr, 'T1', { token: `${mine.slice(0, -4)}AAAA` })).toMatchObject({ status: 401 })
    intune.revokeTokens()
    expect(await validate(csr, 'T1', { token: mine })).toMatchObject({ status: 401 })
    intune.consent({ intune: false })
    expect(await validate(csr, 'T1', { token: await token(INTUNE_SCOPE) })).toMatchObject({ status: 403 })
    intune.consent({ intune: true })
    const old = await token(INTUNE_SCOPE)
    intune.shiftClock(HOUR)
    expect(await validate(csr, 'T1', { token: old })).toMatchObject({ status: 401 })
  })

  test.each([
    ['not JSON', '{'],
    ['not wrapped', { transactionId: 'T1', certificateRequest: 'AA==', callerInfo: 'x' }],
    ['without a transaction', { request: { certificateRequest: 'AA==', callerInfo: 'x' } }],
    ['without a caller', { request: { transactionId: 'T1', certificateRequest: 'AA==' } }],
    ['with an empty caller', { request: { transactionId: 'T1', certificateRequest: 'AA==', callerInfo: '' } }],
    ['with a number', { request: { transactionId: 7, certificateRequest: 'AA==', callerInfo: 'x' } }],
    ['with more', { request: { transactionId: 'T1', certificateRequest: 'AA==', callerInfo: 'x', challenge: 'y' } }],
  ])('a body that is %s is refused', async (_what, body) => {
    expect(await call('ScepActions/validateRequest', body)).toMatchObject({ status: 400 })
  })

  test('after a move the old place says 404, or nothing at all', async () => {
    const csr = await csrFor()
    const old = `${intune.serviceUrl()}/StatelessScepRequestValidationService`
    await intune.moveService()
    expect(await validate(csr, 'T1', { url: old })).toMatchObject({ status: 404, json: null })
    expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
    const second = `${intune.serviceUrl()}/StatelessScepRequestValidationService`
    await intune.moveService({ closePort: true })
    await expect(validate(csr, 'T1', { url: second })).rejects.toThrow()
    expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
  })
})

describe('what a request is held against', () => {
  test('a request as the profile wants it passes, and its challenge is long', async () => {
    const challenge = await intune.challenge({ deviceId: intune.device().id, expected: EXPECTED })
    expect(challenge.length).toBeGreaterThan(2_000)
    expect(await validate(await csrFor())).toMatchObject({
      status: 200,
      json: { code: 'Success', errorDescription: '' },
    })
  })

  test.each<[string, Partial<ChallengeWish>]>([
    ['SignatureValidationFailed', { forged: 'signature' }],
    ['SigningCertThumbprintMismatch', { forged: 'signer' }],
    ['ChallengeDecryptionError', { forged: 'recipient' }],
    ['ChallengeInvalidTimestamp', { forged: 'without timestamps' }],
    ['ChallengeInvalidTimestamp', { notBeforeSkew: HOUR }],
    ['ChallengeExpired', { ttlSeconds: -1 }],
    ['BadCertificateRequestIdInChallenge', { forged: 'request id' }],
    ['BadUserIdInChallenge', { forged: 'user id' }],
    ['ScepProfileNoLongerTargetedToTheClient', { profileId: 'another profile' }],
  ])('%s: %o', async (code, wish) => {
    expect(await validate(await csrFor(wish))).toMatchObject({ status: 200, json: { code } })
  })

  test.each<[string, Partial<DeviceRequest>]>([
    ['ChallengePasswordMissing', { challenge: '' }],
    ['ChallengeDecodingError', { challenge: 'not base64!' }],
    ['ChallengeDeserializationError', { challenge: base64(Buffer.from('not CMS')) }],
    ['KeyLengthMismatch', { privateKey: rsaKey(3072).privateKey }],
    ['KeyUsageMismatch', { keyUsage: ['digitalSignature'] }],
    ['EnhancedKeyUsageMissing', { ekus: undefined as never }],
    ['EnhancedKeyUsageMismatch', { ekus: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'] }],
    ['SubjectNameMissing', { subject: '' }],
    ['SubjectNameMismatch', { subject: 'CN=tablet-8,O=Example' }],
    ['SubjectAltNameMissing', { sans: [] }],
    ['SubjectAltNameMismatch', { sans: [{ type: 'dns', value: 'other.example' }] }],
  ])('%s', async (code, change) => {
    expect(await validate(await csrFor({}, change))).toMatchObject({ status: 200, json: { code } })
  })

  test('alternative names of every kind are read', async () => {
    const expected = wifiProfile('tablet-7', [
      { type: 'upn', value: 'ada@example.com' },
      { type: 'email', value: 'ada@example.com' },
      { type: 'uri', value: 'IntuneDeviceId://7' },
    ])
    const csr = await csrFor({ expected }, expected)
    expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
  })

  test('a request that was changed after its signature, or is not whole, does not decode', async () => {
    const bytes = Buffer.from(await csrFor(), 'base64')
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(40) ^ 1, 40)
    for (const csr of [base64(changed), base64(bytes.subarray(0, -1)), `${base64(bytes).slice(0, 64)}\n`, 'AAA'])
      expect(await validate(csr)).toMatchObject({ json: { code: 'CertificateRequestDecodingFailed' } })
  })

  test('an expired challenge tells its times; the clock can be moved to there', async () => {
    const csr = await csrFor()
    intune.shiftClock(HOUR + 1_000)
    const { json } = await validate(csr)
    expect(json).toMatchObject({ code: 'ChallengeExpired' })
    expect(json.errorDescription).toMatch(/challengeExpInterval=60, challengeExpiration=\S+, challengeCreation=/)
  })

  test('a challenge of another tenant does not open', async () => {
    const other = await newTenant(intune.world, 'stranger.example')
    const device = intune.device({ tenantId: other.id })
    const csr = await csrFor({ deviceId: device.id, tenantId: other.id })
    expect(await validate(csr)).toMatchObject({ json: { code: 'ChallengeDecryptionError' } })
  })

  test('a wiped device is unknown, one without the profile is no longer targeted', async () => {
    const [wiped, other] = [intune.device(), intune.device()]
    const ofWiped = await csrFor({ deviceId: wiped.id })
    const ofOther = await csrFor({ deviceId: other.id })
    intune.wipe(wiped.id)
    intune.untarget(other.id)
    expect(await validate(ofWiped)).toMatchObject({ json: { code: 'BadDeviceIdInChallenge' } })
    expect(await validate(ofOther)).toMatchObject({ json: { code: 'ScepProfileNoLongerTargetedToTheClient' } })
  })

  test('other extensions are not looked at, as in the real service', async () => {
    const sid = { oid: '1.3.6.1.4.1.311.25.2', value: Buffer.from('3000', 'hex') }
    const csr = await csrFor({}, { extensions: [sid], validity: { period: 'Years', units: '1' } })
    expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
  })
})

describe('notifications', () => {
  test('a success needs the verdict on the same request and transaction before it', async () => {
    const [csr, other] = [await csrFor(), await csrFor()]
    expect(await success(csr)).toMatchObject({ status: 200, json: { code: 'Unknown' } })
    await validate(csr)
    expect(await success(other)).toMatchObject({ json: { code: 'Unknown' } })
    expect(await success(csr, { transactionId: 'T2' })).toMatchObject({ json: { code: 'Unknown' } })
    expect(intune.reports()).toEqual([])
    expect(await success(csr)).toMatchObject({ json: { code: 'Success' } })
    expect(intune.reports()).toMatchObject([{ thumbprint: THUMBPRINT, serialNumber: '2A00', caConfiguration: 'ca-7' }])
  })

  test('the same once more is well, another certificate is not', async () => {
    const csr = await csrFor()
    await validate(csr)
    await success(csr)
    expect(await success(csr)).toMatchObject({ json: { code: 'Success' } })
    expect(await success(csr, { certificateThumbprint: 'CD'.repeat(20) })).toMatchObject({ json: { code: 'Unknown' } })
    expect(intune.reports()).toHaveLength(1)
  })

  test.each([
    ['a thumbprint of SHA-256', { certificateThumbprint: 'AB'.repeat(32) }],
    ['a date without milliseconds', { certificateExpirationDateUtc: '2027-03-01T09:30:00Z' }],
    ['a date in words', { certificateExpirationDateUtc: 'Mon, 01 Mar 2027 09:30:00 GMT' }],
  ])('%s is refused', async (_what, change) => {
    const csr = await csrFor()
    await validate(csr)
    expect(await success(csr, change)).toMatchObject({ json: { code: 'Unknown' } })
  })

  test('a member too few is a wrong request', async () => {
    expect(await success(await csrFor(), { issuingCertificateAuthority: undefined })).toMatchObject({ status: 400 })
  })

  test('a failure carries an HRESULT and at most 255 characters', async () => {
    const certificateRequest = await csrFor()
    const fail = (change: object = {}) =>
      call('ScepActions/failureNotification', {
        notification: {
          transactionId: 'T1',
          certificateRequest,
          hResult: -2147467259,
          errorDescription: 'out of paper',
          callerInfo: 'Test/1',
          ...change,
        },
      })
    expect(await fail()).toMatchObject({ json: { code: 'Unknown' } })
    await validate(certificateRequest)
    expect(await fail({ hResult: 1.5 })).toMatchObject({ status: 400 })
    expect(await fail({ hResult: '0x80004005' })).toMatchObject({ status: 400 })
    expect(await fail({ errorDescription: 'x'.repeat(256) })).toMatchObject({ json: { code: 'Unknown' } })
    expect(await fail()).toMatchObject({ json: { code: 'Success' } })
    expect(intune.tenant.failures).toMatchObject([{ hResult: -2147467259 }])
  })
})

describe('revocation', () => {
  async function reported(): Promise<string> {
    const device = intune.device()
    const csr = await csrFor({ deviceId: device.id })
    await validate(csr)
    await success(csr)
    return device.id
  }

  test('a wipe queues what was reported for the device, once, as it was reported', async () => {
    const deviceId = await reported()
    expect(intune.wipe(deviceId)).toHaveLength(1)
    expect(intune.untarget(deviceId)).toHaveLength(0)
    const { json } = await download()
    expect(json.value).toEqual([
      { requestContext: expect.any(String), serialNumber: '2A00', issuerName: 'CN=Issuer', caConfiguration: 'ca-7' },
    ])
  })

  test('what was handed out comes again after ten minutes, until there is a result', async () => {
    const { requestContext } = intune.queueRevocation({ serialNumber: '01' })
    const result = { requestContext, succeeded: true, errorCode: 'None', errorMessage: '' }
    expect(await upload(result)).toMatchObject({ status: 400 })
    expect((await download()).json.value).toHaveLength(1)
    expect((await download()).json.value).toHaveLength(0)
    intune.shiftClock(10 * 60_000)
    expect((await download()).json.value).toHaveLength(1)
    expect(await upload(result)).toMatchObject({ status: 200, json: { value: true } })
    intune.shiftClock(HOUR)
    expect((await download()).json.value).toHaveLength(0)
  })

  test('a retryable result leaves it in the queue; numbers are codes too', async () => {
    const [first, second] = [
      intune.queueRevocation({ serialNumber: '01' }),
      intune.queueRevocation({ serialNumber: '02' }),
    ]
    await download()
    await upload(
      { requestContext: first.requestContext, succeeded: false, errorCode: '4101', errorMessage: 'later' },
      { requestContext: second.requestContext, succeeded: false, errorCode: '4004', errorMessage: 'unknown' },
    )
    expect(first.result).toBeNull()
    expect(second.result).toMatchObject({ errorCode: 'CertificateNotFoundError' })
    intune.shiftClock(10 * 60_000)
    expect((await download()).json.value).toMatchObject([{ serialNumber: '01' }])
  })

  test.each([
    ['a success with an error', { succeeded: true, errorCode: 'ConflictError', errorMessage: '' }],
    ['a success with words', { succeeded: true, errorCode: 'None', errorMessage: 'done' }],
    ['a failure without a code', { succeeded: false, errorCode: 'None', errorMessage: 'no' }],
    ['a code nobody knows', { succeeded: false, errorCode: 'NotFound', errorMessage: 'no' }],
    ['no message', { succeeded: true, errorCode: 'None' }],
  ])('a result that is %s records nothing, nor do its neighbours', async (_what, wrong) => {
    const [a, b] = [intune.queueRevocation({ serialNumber: '01' }), intune.queueRevocation({ serialNumber: '02' })]
    await download()
    const good = { requestContext: a.requestContext, succeeded: true, errorCode: 'None', errorMessage: '' }
    expect(await upload(good, { requestContext: b.requestContext, ...wrong })).toMatchObject({ status: 400 })
    expect(a.result).toBeNull()
  })

  test('the number asked for has bounds, and both parameters must be there', async () => {
    for (const maxRequests of [0, 501, 1.5]) expect(await download(maxRequests)).toMatchObject({ status: 400 })
    const path = 'CertificateAuthorityRequests/downloadRevocationRequests'
    expect(await call(path, { downloadParameters: { maxRequests: 5 } })).toMatchObject({ status: 400 })
    const headers = { 'api-version': '2018-02-20' }
    expect(await call(path, { downloadParameters: { maxRequests: 5, issuerName: null } }, { headers })).toMatchObject({
      status: 400,
    })
  })

  test('the filter looks at the wrong member, and after the cut', async () => {
    intune.queueRevocation({ serialNumber: '01', issuerName: 'CN=Issuer', caConfiguration: 'ca-1' })
    intune.queueRevocation({ serialNumber: '02', issuerName: 'CN=Issuer', caConfiguration: 'ca-2' })
    expect((await download(100, 'CN=Issuer')).json.value).toEqual([])
    expect((await download(1, 'ca-2')).json.value).toEqual([])
    expect((await download(2, 'ca-2')).json.value).toMatchObject([{ serialNumber: '02' }])
    intune.switch({ filterQuirk: false })
    expect((await download(100, 'CN=Issuer')).json.value).toMatchObject([{ serialNumber: '01' }])
  })
})

describe('faults', () => {
  test('each status, form and cut that can be injected happens so often as was said', async () => {
    const csr = await csrFor()
    const seen: Record<string, unknown> = {}
    for (const mode of MODES.filter((each) => each !== 'timeout' && each !== 'refused')) {
      await intune.fault('validate', mode)
      seen[mode] = await validate(csr).then(
        ({ status, json }) => `${status} ${json === null ? 'no JSON' : Object.keys(json)[0]}`,
        () => 'cut',
      )
    }
    expect(seen).toEqual({
      reset: 'cut',
      'http400-invalid-client': '400 error',
      http401: '401 error',
      http403: '403 error',
      http404: '404 error',
      http429: '429 error',
      http500: '500 error',
      'http500-html': '500 no JSON',
      http503: '503 error',
      'malformed-json': '200 no JSON',
      'empty-body': '200 no JSON',
      'missing-code': '200 @odata.context',
      'accepted-but-no-answer': 'cut',
    })
    expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
  })

  test('a code of any name, after some that pass, and more than once', async () => {
    const csr = await csrFor()
    await intune.fault('validate', 'code:NeverHeardOf', { afterN: 1, times: 2 })
    const codes = []
    for (let n = 0; n < 4; n++) codes.push((await validate(csr)).json.code)
    expect(codes).toEqual(['Success', 'NeverHeardOf', 'NeverHeardOf', 'Success'])
  })

  test('accepted without an answer is accepted', async () => {
    const csr = await csrFor()
    await validate(csr)
    await intune.fault('success', 'accepted-but-no-answer')
    await expect(success(csr)).rejects.toThrow()
    expect(intune.reports()).toHaveLength(1)
  })

  test('a held call is never answered', async () => {
    await intune.fault('validate', 'timeout')
    const csr = await csrFor()
    const url = `${intune.serviceUrl()}/StatelessScepRequestValidationService/ScepActions/validateRequest`
    await expect(fetch(url, { method: 'POST', body: csr, signal: AbortSignal.timeout(50) })).rejects.toThrow()
    expect(intune.requests.at(-1)).toMatchObject({ hop: 'validate', fault: 'timeout', status: null })
  })

  test.each(HOPS)('the port of %s can be closed, and is open again afterwards', async (hop) => {
    const csr = await csrFor()
    const graphToken = await token(GRAPH_SCOPE)
    const intuneToken = await token(INTUNE_SCOPE)
    const { requestContext } = intune.queueRevocation({ serialNumber: '01' })
    const result = { requestContext, succeeded: true, errorCode: 'None', errorMessage: '' }
    const withToken = { token: intuneToken }
    const chain: [string, () => Promise<unknown>][] = [
      ['token-graph', () => token(GRAPH_SCOPE)],
      ['graph-discovery', () => discover({ token: graphToken })],
      ['token-intune', () => token(INTUNE_SCOPE)],
      ['validate', () => validate(csr, 'T1', withToken)],
      ['success', () => call('ScepActions/successNotification', {}, withToken)],
      ['failure', () => call('ScepActions/failureNotification', {}, withToken)],
      [
        'rev-download',
        () => call('CertificateAuthorityRequests/downloadRevocationRequests', { downloadParameters: {} }, withToken),
      ],
      [
        'rev-upload',
        () => call('CertificateAuthorityRequests/uploadRevocationResults', { results: [result] }, withToken),
      ],
    ]
    await intune.fault(hop, 'refused')
    const before = chain.slice(
      0,
      chain.findIndex(([name]) => name === hop),
    )
    for (const [, run] of before) await run().catch(() => undefined)
    const its = chain.find(([name]) => name === hop)?.[1]
    await expect(its?.()).rejects.toThrow()
    await intune.clearFaults()
    await expect(its?.()).resolves.toBeDefined()
  })

  test('an upload can be called false, or true as a word', async () => {
    const { requestContext } = intune.queueRevocation({ serialNumber: '01' })
    const result = { requestContext, succeeded: true, errorCode: 'None', errorMessage: '' }
    await download()
    await intune.fault('rev-upload', 'value-false')
    expect(await upload(result)).toMatchObject({ json: { value: false } })
    expect(intune.tenant.revocations[0]?.result).toBeNull()
    await intune.fault('rev-upload', 'value-string-true')
    expect(await upload(result)).toMatchObject({ json: { value: 'true' } })
    expect(intune.tenant.revocations[0]?.result).not.toBeNull()
  })

  test('too many calls in a minute are throttled', async () => {
    const csr = await csrFor()
    intune.switch({ mostPerMinute: 2 })
    const answers = []
    for (let n = 0; n < 3; n++) answers.push(await validate(csr))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(answers[2]?.headers.get('retry-after')).toBe('5')
  })
})

test('the strings can be pulled over HTTP, and everything received is shown in order with its headers', async () => {
  const pull = (path: string, body?: unknown) =>
    ask(`${intune.controlUrl}/_sim/${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  const device = (await pull('devices', { name: 'phone-1' })).json
  const { challenge } = (await pull('challenges', { deviceId: device.id, expected: EXPECTED })).json
  const csr = base64(await deviceRequest({ ...EXPECTED, challenge, privateKey: KEY }))
  await pull('faults', { hop: 'validate', mode: 'http500' })
  expect(await validate(csr)).toMatchObject({ status: 500 })
  expect(await validate(csr)).toMatchObject({ json: { code: 'Success' } })
  await success(csr)
  expect((await pull('requests')).json).toMatchObject([
    { hop: 'token-intune', method: 'POST' },
    { hop: 'validate', status: 500, fault: 'http500', headers: { 'api-version': '2018-02-20' } },
    { hop: 'token-intune' },
    { hop: 'validate', status: 200, code: 'Success', fault: null },
    { hop: 'token-intune' },
    { hop: 'success', code: 'Success' },
  ])
  expect((await pull('devices/wipe', { deviceId: device.id })).json).toMatchObject([{ serialNumber: '2A00' }])
  expect((await pull('revocations')).json).toHaveLength(1)
  expect((await pull('devices')).json).toMatchObject([{ name: 'phone-1', gone: true }])
  expect(await pull('nothing')).toMatchObject({ status: 404 })
  expect(await pull('faults', { hop: 'nowhere', mode: 'http500' })).toMatchObject({ status: 400 })
  await pull('reset', {})
  expect((await pull('requests')).json).toEqual([])
})

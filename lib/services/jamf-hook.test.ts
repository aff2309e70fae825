import { expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { MintRequest } from './challenges'
import type { DeviceReport } from './device-types'
import { JamfFault } from './jamf-api'
import type { JamfDevice } from './jamf-device'
import { createJamfHook } from './jamf-hook'
import { createJamfMinting } from './jamf-minting'
import type { JamfSettings } from './jamf-settings'
import type { MdmConnector } from './mdm-connector-types'
import type { HookRequest } from './mdm-hooks'
import { actor } from './testing/harness'
import { jamfConnector, jamfDevice } from './testing/jamf'
import { memoryJamfQueue } from './testing/jamf-stores'

const SECRET = Buffer.from('present-secret')
const VALUE = '8CE317021F690069A0B1C2D3E4F50617'
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

function hook({
  found = jamfDevice(),
  known = null,
  gone = false,
}: {
  found?: JamfDevice | null | Error
  known?: string | null
  gone?: boolean
} = {}) {
  const minted: MintRequest[] = []
  const roles: (string | null)[] = []
  const reported: DeviceReport[] = []
  const asked: { serial: string | null; udid: string | null }[] = []
  const { queue, rows } = memoryJamfQueue(() => new Date())
  const minting = createJamfMinting({
    challenges: {
      async mint({ role }, request) {
        minted.push(request)
        roles.push(role)
        const { endpoint } = request
        const names = { subject: '', san: [] }
        return { id: 'chl', challenge: VALUE, expiresAt: new Date(), scepUrl: '', endpoint, ...names }
      },
    },
    reports: {
      find: async () => known,
      async report(_actor, _connector, reports) {
        reported.push(...reports)
        return reports.map(() => 'device-of-jamf')
      },
    },
    devices: { isGone: async () => gone },
    api: {
      async find(_asking, ids) {
        asked.push(ids)
        if (found instanceof Error) throw found
        return found
      },
    },
    urls: { scepUrl: (slug) => `https://scep.example.com/scep/${slug}` },
  })
  return { handler: createJamfHook({ minting, queue }), minted, roles, reported, asked, rows }
}

const request = (body: unknown, headers: Record<string, string> = {}): HookRequest => ({
  method: 'POST',
  headers: { get: (name) => ({ 'content-type': 'application/json', ...headers })[name] ?? null },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ip: '192.0.2.1',
})
const challenge = (event: object = {}) => ({
  webhook: { webhookEvent: 'SCEPChallenge' },
  event: {
    scepServerUrl: 'https://scep.example.com/scep/staff/pkiclient.exe',
    targetDevice: { deviceName: 'MB-0017', serialNumber: 'C02EXAMPLE01', udid: '11112222-3333-4444-5555-666677778888' },
    targetUser: { username: 'ada', email: 'ada@example.com', password: 'hunter2' },
    ...event,
  },
})
const connectorActor = { ...actor('operator'), role: null }
const text = (body: Uint8Array) => Buffer.from(body).toString('utf8')

test.each<[string, boolean, Partial<JamfSettings>, Record<string, string>]>([
  ['the user and the secret', true, {}, { authorization: basic('jamf', 'present-secret') }],
  ['the secret before', true, {}, { authorization: basic('jamf', 'earlier-secret') }],
  ['another secret', false, {}, { authorization: basic('jamf', 'wrong') }],
  ['another user', false, {}, { authorization: basic('other', 'present-secret') }],
  ['a user alone', false, {}, { authorization: `Basic ${Buffer.from('jamf').toString('base64')}` }],
  ['no credentials', false, {}, {}],
  ['what is no Basic', false, {}, { authorization: 'Bearer present-secret' }],
  ['a header, where Basic is asked for', false, {}, { 'x-latchkey-secret': 'present-secret' }],
  ['the header', true, { webhookAuth: 'header' }, { 'x-latchkey-secret': 'present-secret' }],
  ['an empty header', false, { webhookAuth: 'header' }, { 'x-latchkey-secret': '' }],
  [
    'Basic, where a header is asked for',
    false,
    { webhookAuth: 'header' },
    { authorization: basic('jamf', 'present-secret') },
  ],
  [
    'Authorization as the header',
    true,
    { webhookAuth: 'header', webhookHeader: 'Authorization' },
    { authorization: 'Bearer present-secret' },
  ],
])('%s: believed is %s', (_, believed, settings, headers) => {
  const { handler } = hook()
  const secrets = [SECRET, Buffer.from('earlier-secret')]
  expect(handler.authenticate(jamfConnector(settings), request({}, headers), secrets)).toBe(believed)
})

test('without a secret of ours nobody is believed', () => {
  const { handler } = hook()
  expect(handler.authenticate(jamfConnector(), request({}, { authorization: basic('jamf', '') }), [])).toBe(false)
})

test('a device gets the challenge and nothing else: no quotes, no line end', async () => {
  const { handler, minted, roles } = hook({ known: 'device-1' })
  const answer = await handler.handle(
    jamfConnector({ sanTemplates: ['email:$EMAIL'] }),
    request(challenge()),
    connectorActor,
  )
  expect([answer.status, answer.headers, text(answer.body)]).toEqual([
    200,
    { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' },
    VALUE,
  ])
  expect(minted).toEqual([
    {
      endpoint: 'staff',
      subject: [{ type: 'CN', value: 'C02EXAMPLE01' }],
      san: [{ type: 'email', value: 'ada@example.com' }],
      ttlMinutes: 60,
      deviceName: 'MB-0017',
      rules: {
        subjectMode: 'template',
        profileIdentifier: true,
        deviceSerial: 'C02EXAMPLE01',
        deviceUdid: '11112222-3333-4444-5555-666677778888',
      },
      mdm: { deviceId: 'device-1' },
    },
  ])
  expect(roles).toEqual(['mdm'])
  expect(JSON.stringify(answer.note)).not.toMatch(new RegExp(`${VALUE}|hunter2`))
})

test('a device that is not known yet is looked up, and the challenge is of that device', async () => {
  const { handler, minted, reported } = hook()
  await handler.handle(jamfConnector(), request(challenge()), connectorActor)
  expect(reported).toMatchObject([{ externalId: 'computer:17', serial: 'C02EXAMPLE01', management: 'managed' }])
  expect(reported[0]).not.toHaveProperty('entitled')
  expect(minted[0]?.mdm).toEqual({ deviceId: 'device-of-jamf' })
})

test('a device that was enrolled anew is looked up: the record that is gone would end its certificate', async () => {
  const { handler, minted } = hook({ known: 'old-record', gone: true })
  await handler.handle(jamfConnector(), request(challenge()), connectorActor)
  expect(minted[0]?.mdm).toEqual({ deviceId: 'device-of-jamf' })
})

test('when Jamf does not answer a look that nobody insists on, the challenge is minted all the same', async () => {
  const { handler, minted } = hook({ found: new JamfFault('unreachable', 'timeout', 'No answer.', '') })
  expect((await handler.handle(jamfConnector(), request(challenge()), connectorActor)).status).toBe(200)
  expect(minted[0]?.mdm).toEqual({ deviceId: null })
})

test.each<[string, JamfDevice | null | Error, string]>([
  ['does not know', null, 'forbidden device_not_managed'],
  ['does not manage', jamfDevice({ managed: false }), 'forbidden device_not_managed'],
  ['says nothing of the management of', jamfDevice({ managed: null }), 'forbidden device_not_managed'],
  ['knows as another', jamfDevice({ udid: 'ANOTHER-UDID' }), 'forbidden device_differs'],
  ['cannot be asked about', new JamfFault('busy', '429', 'Busy.', ''), 'unavailable not_confirmed'],
])('where the management must be confirmed, a device that Jamf %s gets nothing', async (_, found, outcome) => {
  const { handler, minted } = hook({ found, known: 'device-1' })
  const connector = jamfConnector({ confirmManaged: true })
  const refusal = await handler.handle(connector, request(challenge()), connectorActor).catch((error: Refusal) => error)
  expect(refusal).toBeInstanceOf(Refusal)
  expect(refusal).toMatchObject({ code: outcome.split(' ')[0], reason: outcome.split(' ')[1] })
  expect(minted).toEqual([])
})

test('a value that only the inventory has comes from there; who the user is, Jamf says now', async () => {
  const { handler, minted } = hook({ known: 'device-1' })
  const settings = { subjectTemplate: 'CN=$JSSID,OU=$USERNAME,OU=$PROFILE_IDENTIFIER' }
  const user = { username: 'eve', email: 'eve@example.com' }
  await handler.handle(jamfConnector(settings), request(challenge({ targetUser: user })), connectorActor)
  expect(minted[0]?.subject).toEqual([
    { type: 'CN', value: '17' },
    { type: 'OU', value: 'eve' },
  ])
})

test('a variable that nobody has a value for is named, and nothing is minted', async () => {
  const { handler, minted } = hook({ found: null, known: 'device-1' })
  const connector = jamfConnector({ sanTemplates: ['email:$EMAIL'] })
  const body = request(challenge({ targetUser: null }))
  await expect(handler.handle(connector, body, connectorActor)).rejects.toMatchObject({
    code: 'forbidden',
    sentence: expect.stringContaining('$EMAIL'),
  })
  expect(minted).toEqual([])
})

test.each([
  'https://scep.example.com/scep/staff',
  'https://scep.example.com/scep/staff/',
  'https://SCEP.example.com/scep/staff/pkiclient.exe',
  'https://scep.example.com/scep/staff/cgi-bin/pkiclient.exe',
  'https://scep.example.com/scep/staff/pkiclient.exe?operation=GetCACert',
])('%s is the endpoint of the connector', async (scepServerUrl) => {
  const { handler, minted } = hook()
  await handler.handle(jamfConnector(), request(challenge({ scepServerUrl })), connectorActor)
  expect(minted).toHaveLength(1)
})

test.each([
  'https://scep.example.com/scep/students',
  'https://scep.example.com/scep/staff/other',
  'https://elsewhere.example.com/scep/staff',
  'https://scep.example.com:8443/scep/staff',
  'no address',
])('%s is not, and gets nothing', async (scepServerUrl) => {
  const { handler, minted } = hook()
  const body = request(challenge({ scepServerUrl }))
  await expect(handler.handle(jamfConnector(), body, connectorActor)).rejects.toMatchObject({
    code: 'forbidden',
    reason: 'other_endpoint',
  })
  expect(minted).toEqual([])
})

test('a probe without a device gets a value that was never minted, another one each time', async () => {
  const { handler, minted, rows } = hook()
  const values = []
  for (const device of [{}, { device: {} }, { device: { uuid: '', serialNumber: null } }]) {
    const body = request(challenge({ targetDevice: null, ...device }))
    const answer = await handler.handle(jamfConnector(), body, connectorActor)
    expect(answer.status).toBe(200)
    values.push(text(answer.body))
  }
  expect(new Set(values).size).toBe(3)
  for (const value of values) expect(value).toMatch(/^[0-9A-F]{32}$/)
  expect([minted, rows]).toEqual([[], []])
})

test('where probes are refused, they are', async () => {
  const { handler } = hook()
  const body = request(challenge({ targetDevice: null }))
  await expect(handler.handle(jamfConnector({ deviceless: 'refuse' }), body, connectorActor)).rejects.toMatchObject({
    code: 'forbidden',
    reason: 'device_missing',
  })
})

test('a connector that mints for no endpoint says so', async () => {
  const { handler } = hook()
  await expect(
    handler.handle(jamfConnector({ endpoint: '' }), request(challenge()), connectorActor),
  ).rejects.toMatchObject({
    code: 'not_found',
  })
})

const added = {
  webhook: { webhookEvent: 'ComputerAdded' },
  event: { jssID: 17, serialNumber: 'C02EXAMPLE01', password: 'hunter2' },
}

test('an event is put into the queue and answered with nothing; the same one again is not', async () => {
  const { handler, rows } = hook()
  const answers = []
  for (const _ of [1, 2]) answers.push(await handler.handle(jamfConnector(), request(added), connectorActor))
  expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
    [200, 0],
    [200, 0],
  ])
  expect(rows).toMatchObject([
    { event: 'ComputerAdded', about: 'devices', devices: [{ kind: 'computer', jamfId: '17' }] },
  ])
  expect(JSON.stringify([rows, answers])).not.toContain('hunter2')
})

test('an event in XML is read as well', async () => {
  const { handler, rows } = hook()
  const xml =
    '<JSSEvent><webhook><webhookEvent>MobileDeviceUnEnrolled</webhookEvent></webhook><event><jssID>9</jssID></event></JSSEvent>'
  await handler.handle(jamfConnector(), request(xml, { 'content-type': 'text/xml' }), connectorActor)
  expect(rows).toMatchObject([{ devices: [{ kind: 'mobile', jamfId: '9' }] }])
})

test.each<[string, MdmConnector, unknown]>([
  ['an unknown event', jamfConnector(), { webhook: { webhookEvent: 'NewInTheNextVersion' }, event: { jssID: 17 } }],
  ['an event that nobody can confirm', jamfConnector({ clientId: '' }), added],
  ['an event without a credential to confirm it', jamfConnector({}, { credentialSealed: null }), added],
])('%s is answered 200, and nothing waits', async (_, connector, body) => {
  const { handler, rows } = hook()
  const answer = await handler.handle(connector, request(body), connectorActor)
  expect([answer.status, answer.body.length, answer.note.outcome]).toEqual([200, 0, 'success'])
  expect(rows).toEqual([])
})

test('what is neither JSON nor XML is 415', async () => {
  const { handler } = hook()
  const answer = await handler.handle(
    jamfConnector(),
    request(challenge(), { 'content-type': 'text/plain' }),
    connectorActor,
  )
  expect([answer.status, answer.note.outcome]).toEqual([415, 'refused'])
})

test('64 KiB are the most that is read', () => expect(hook().handler.largestBody).toBe(65_536))

import { expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { JamfFault } from '@/lib/services/jamf-api'
import type { Outbound, OutboundAnswer, OutboundRequest } from '@/lib/services/outbound'
import { CLIENT_SECRET, jamfConnector, notedCalls } from '@/lib/services/testing/jamf'
import { jamfClient } from './jamf-client'

type Reply = OutboundAnswer | ((request: OutboundRequest) => OutboundAnswer | Promise<OutboundAnswer>)

const json = (body: unknown, status = 200): OutboundAnswer => text(JSON.stringify(body), status)
const text = (body: string, status = 200): OutboundAnswer => ({
  answered: true,
  status,
  body: Buffer.from(body),
  address: '192.0.2.1',
})
const error = (status: number, code: string) =>
  json({ httpStatus: status, errors: [{ code, description: 'no', id: '0' }] }, status)
const token = (value = 'token-1', seconds = 600) =>
  json({ access_token: value, token_type: 'Bearer', expires_in: seconds })
const computer = (id: number, more: object = {}) => ({
  id: String(id),
  udid: `00000000-0000-4000-8000-00000000000${id}`,
  general: { name: `MB-${id}`, remoteManagement: { managed: true }, lastContactTime: '2026-11-01T08:00:00Z' },
  hardware: { serialNumber: `SERIAL000${id}`, model: 'MacBook Air' },
  userAndLocation: { username: 'ada', realname: 'Ada Example', email: 'ada@example.com' },
  ...more,
})

const sealed = async () => Buffer.from(JSON.stringify({ clientSecret: CLIENT_SECRET }))

function jamf(replies: Reply[], settings = {}, open: () => Promise<Uint8Array> = sealed) {
  const requests: OutboundRequest[] = []
  const noted = notedCalls()
  const pauses: number[] = []
  let clock = 0
  const outbound: Outbound = {
    async send(request) {
      requests.push(request)
      const reply = replies.shift()
      if (reply === undefined) throw new Error(`nobody expected ${request.url}`)
      return typeof reply === 'function' ? reply(request) : reply
    },
  }
  const api = jamfClient({
    outbound,
    calls: noted,
    signer: { open },
    monotonic: () => clock,
    pause: async (milliseconds) => {
      pauses.push(milliseconds)
      clock += milliseconds
    },
  })
  const asking = { connector: jamfConnector(settings), timeoutMs: 20_000 }
  const pass = (milliseconds: number) => {
    clock += milliseconds
  }
  return { api, asking, requests, calls: noted.calls, pauses, pass }
}

test('a token is asked for with the client credentials in the body, and kept until a tenth before its end', async () => {
  const page = { totalCount: 0, results: [] }
  const { api, asking, requests, pass } = jamf([token('one', 60), json(page), json(page), token('two', 60), json(page)])
  await api.page(asking, 'computer', 0, false)
  pass(53_000)
  await api.page(asking, 'computer', 1, false)
  pass(1_000)
  await api.page(asking, 'computer', 2, false)
  expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    'POST /api/oauth/token',
    'GET /api/v1/computers-inventory',
    'GET /api/v1/computers-inventory',
    'POST /api/oauth/token',
    'GET /api/v1/computers-inventory',
  ])
  expect(Buffer.from(requests[0]?.body ?? []).toString()).toBe(
    `grant_type=client_credentials&client_id=client-1&client_secret=${CLIENT_SECRET}`,
  )
  expect(requests[1]?.headers.authorization).toBe('Bearer one')
  expect(requests[4]?.headers.authorization).toBe('Bearer two')
})

test('no secret and no token is in what is noted', async () => {
  const { api, asking, calls } = jamf([token('very-secret-token'), error(403, 'INVALID_PRIVILEGE')])
  await expect(api.page(asking, 'computer', 0, false)).rejects.toBeInstanceOf(JamfFault)
  expect(calls).toHaveLength(2)
  expect(JSON.stringify(calls)).not.toMatch(/very-secret-token|client-secret-of-jamf/)
  expect(calls.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual([
    'jamf.example.com/api/oauth/token success',
    'jamf.example.com/api/v1/computers-inventory refused',
  ])
})

test('a secret that does not open is a fault of the credential, and nobody is asked', async () => {
  const { api, asking, requests } = jamf([], {}, async () => {
    throw new Refusal('invalid_input', 'This was not sealed here.', { reason: 'not_sealed' })
  })
  await expect(api.page(asking, 'computer', 0, false)).rejects.toMatchObject({
    kind: 'credential',
    code: 'no_credential',
  })
  expect(requests).toEqual([])
})

test('pages ask for their sections, by the order of ids', async () => {
  const { api, asking, requests } = jamf([token(), json({ totalCount: 1, results: [computer(7)] })])
  const page = await api.page(asking, 'computer', 3, true)
  const query = new URL(requests[1]?.url ?? '').searchParams
  expect([query.get('page'), query.get('sort'), query.getAll('section')]).toEqual([
    '3',
    'id:asc',
    ['GENERAL', 'HARDWARE', 'USER_AND_LOCATION', 'OPERATING_SYSTEM', 'GROUP_MEMBERSHIPS'],
  ])
  expect(page).toMatchObject({
    total: 1,
    devices: [
      { kind: 'computer', jamfId: '7', serial: 'SERIAL0007', managed: true, email: 'ada@example.com', groups: null },
    ],
  })
})

test('a mobile device is read from the list with sections and from its own record alike', async () => {
  const listed = {
    mobileDeviceId: 9,
    general: { udid: 'abc-def-123', displayName: 'iPad', managed: false, osVersion: '19.1' },
    hardware: { serialNumber: 'DMPX1', model: 'iPad Air' },
    userAndLocation: { username: 'ada', realName: 'Ada', emailAddress: 'ada@example.com' },
    groups: [{ groupId: 4, groupName: 'Staff' }],
  }
  const record = {
    ...{ id: '9', name: 'iPad', serialNumber: 'DMPX1', udid: 'abc-def-123', managed: false, osVersion: '19.1' },
    location: { username: 'ada', realName: 'Ada', emailAddress: 'ada@example.com' },
    ios: { model: 'iPad Air' },
  }
  const { api, asking } = jamf([
    token(),
    json({ totalCount: 1, results: [listed] }),
    json(record),
    json(record),
    json({ totalCount: 1, results: [listed] }),
  ])
  const [fromList] = (await api.page(asking, 'mobile', 0, true)).devices
  expect(await api.record(asking, 'mobile', '9', false)).toEqual({ ...fromList, groups: null })
  expect(await api.record(asking, 'mobile', '9', true)).toEqual(fromList)
  expect(fromList).toMatchObject({ jamfId: '9', managed: false, groups: ['4'] })
})

test('a token that is refused is replaced once, and never twice', async () => {
  const page = json({ totalCount: 0, results: [] })
  const good = jamf([token('one'), error(401, 'INVALID_TOKEN'), token('two'), page])
  await good.api.page(good.asking, 'computer', 0, false)
  expect(good.requests.at(-1)?.headers.authorization).toBe('Bearer two')
  const bad = jamf([token('one'), error(401, 'INVALID_TOKEN'), token('two'), error(401, 'INVALID_TOKEN')])
  await expect(bad.api.page(bad.asking, 'computer', 0, false)).rejects.toMatchObject({
    kind: 'credential',
    code: 'INVALID_TOKEN',
  })
})

test('a role without the privilege is told which one', async () => {
  for (const [kind, call, privilege] of [
    ['computer', 'page', 'Read Computers'],
    ['mobile', 'page', 'Read Mobile Devices'],
    ['computer', 'groups', 'Read Smart Computer Groups'],
    ['mobile', 'groups', 'Read Smart Mobile Device Groups'],
  ] as const) {
    const { api, asking } = jamf([token(), error(403, 'INVALID_PRIVILEGE')])
    const asked = call === 'page' ? api.page(asking, kind, 0, false) : api.groups(asking, kind)
    await expect(asked).rejects.toMatchObject({ kind: 'privilege', sentence: expect.stringContaining(privilege) })
  }
})

test('whoever is patient waits when Jamf is busy; whoever has a device waiting does not', async () => {
  const page = json({ totalCount: 0, results: [] })
  const patient = jamf([token(), error(429, 'TOO_MANY'), text('<html>', 503), page])
  await patient.api.page({ ...patient.asking, patient: true }, 'computer', 0, false)
  expect(patient.pauses).toEqual([1_000, 2_000])
  expect(patient.calls.map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3])
  const hurried = jamf([token(), error(429, 'TOO_MANY')])
  await expect(hurried.api.page(hurried.asking, 'computer', 0, false)).rejects.toMatchObject({ kind: 'busy' })
  expect(hurried.pauses).toEqual([])
})

test('patience ends with the time of the caller', async () => {
  const busy = Array.from({ length: 9 }, () => error(503, 'UNAVAILABLE'))
  const { api, asking, pauses } = jamf([token(), ...busy])
  await expect(api.page({ ...asking, timeoutMs: 5_000, patient: true }, 'computer', 0, false)).rejects.toMatchObject({
    kind: 'busy',
  })
  expect(pauses).toEqual([1_000, 2_000])
})

test.each([
  ['a page about maintenance that says 200', text('<html><body>Jamf Pro is starting up</body></html>')],
  ['another JSON', json({ message: 'OK' })],
  ['results that are no list', json({ totalCount: 1, results: {} })],
  ['a record without a number', json({ totalCount: 1, results: [{ udid: 'x' }] })],
  ['half a document', text('{"totalCount":0,"results":[')],
  ['nothing', text('')],
  ['null', text('null')],
  ['a redirect', text('', 302)],
  ['a 404 of a proxy', text('<html>', 404)],
])('%s is a failure, never an empty inventory', async (_, answer) => {
  const { api, asking, calls } = jamf([token(), answer])
  await expect(api.page(asking, 'computer', 0, false)).rejects.toMatchObject({ kind: 'answer' })
  expect(calls.at(-1)).toMatchObject({ operation: 'computer inventory', outcome: 'failed' })
})

test("only Jamf's own 404 says that a record is not there", async () => {
  const gone = jamf([token(), error(404, 'NOT_FOUND')])
  expect(await gone.api.record(gone.asking, 'computer', '17', false)).toBeNull()
  for (const answer of [text('<html>Not Found</html>', 404), json({ message: 'no' }, 404), json(computer(18))]) {
    const unclear = jamf([token(), answer])
    await expect(unclear.api.record(unclear.asking, 'computer', '17', false)).rejects.toMatchObject({ kind: 'answer' })
  }
})

test('a serial number finds its own device alone, whatever Jamf answers', async () => {
  const answers = [json({ totalCount: 1, results: [computer(1)] }), json({ totalCount: 0, results: [] })]
  const other = jamf([token(), ...answers])
  expect(await other.api.find(other.asking, { serial: 'ANOTHER01', udid: null })).toBeNull()
  const same = jamf([token(), answers[0] as OutboundAnswer])
  expect(await same.api.find(same.asking, { serial: 'serial0001', udid: null })).toMatchObject({ jamfId: '1' })
  expect(new URL(same.requests[1]?.url ?? '').searchParams.get('filter')).toBe('hardware.serialNumber=="serial0001"')
})

test.each(['*', 'C02"', 'a,b', 'x;y', '', 'C02\\'])('a filter is never made of %j', async (serial) => {
  const { api, asking, requests } = jamf([token()])
  await expect(api.find(asking, { serial, udid: null })).rejects.toThrow('more than a value')
  expect(requests.filter(({ method }) => method === 'GET')).toEqual([])
})

test('a filter that Jamf does not apply is noticed', async () => {
  const { api, asking } = jamf([token(), json({ totalCount: 900, results: [computer(1), computer(2)] })])
  await expect(api.bySerial(asking, 'computer', ['SERIAL0001'], false)).rejects.toMatchObject({ kind: 'answer' })
})

test('never more than five calls are under way, and who has a device waiting comes first', async () => {
  let running = 0
  let most = 0
  const waiting: (() => void)[] = []
  const order: string[] = []
  const slow = async (request: OutboundRequest) => {
    running += 1
    most = Math.max(most, running)
    order.push(new URL(request.url).searchParams.get('page') ?? '')
    await new Promise<void>((resolve) => waiting.push(resolve))
    running -= 1
    return json({ totalCount: 1, results: [computer(1)] })
  }
  const { api, asking } = jamf([token(), ...Array.from({ length: 9 }, () => slow)])
  const pages = Array.from({ length: 8 }, (_, page) => api.page({ ...asking, patient: true }, 'computer', page, false))
  await expect.poll(() => running).toBe(5)
  const find = api.find(asking, { serial: 'SERIAL0001', udid: null })
  const release = async () => {
    for (let done = 0; done < 9; done += 1) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0)
      waiting.shift()?.()
    }
  }
  await Promise.all([release(), ...pages, find])
  expect(most).toBe(5)
  // A look-up has the number of its page alone: 0, as the first page has.
  expect(order.slice(0, 6)).toEqual(['0', '1', '2', '3', '4', '0'])
})

test('without a credential nothing is asked', async () => {
  const { api, asking, requests } = jamf([])
  const connector = { ...asking.connector, credentialSealed: null }
  await expect(api.token({ ...asking, connector })).rejects.toMatchObject({ kind: 'credential', code: 'no_credential' })
  expect(requests).toEqual([])
})

test('a wrong secret is told from a server that is away', async () => {
  const wrong = jamf([json({ error: 'invalid_client' }, 401)])
  await expect(wrong.api.token(wrong.asking)).rejects.toMatchObject({ kind: 'credential', code: 'invalid_client' })
  const away = jamf([
    { answered: false, fault: 'connect_failed', detail: 'Cannot connect to 192.0.2.1 (ECONNREFUSED).' },
  ])
  await expect(away.api.token(away.asking)).rejects.toMatchObject({ kind: 'unreachable', code: 'connect_failed' })
})

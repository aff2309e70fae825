/** Our client of Jamf Pro's API against its simulator, over real sockets: each call goes wrong in each way, in turn. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Jamf, startJamf } from '@/e2e/simulators/jamf'
import { FAULTS, type JamfFault as Fault, type Hop } from '@/e2e/simulators/jamf-faults'
import { type ApiClient, refOf } from '@/e2e/simulators/jamf-state'
import { jamfClient } from '@/lib/adapters/mdm/jamf-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { type JamfApi, type JamfAsking, JamfFault } from '@/lib/services/jamf-api'
import { jamfConnector, notedCalls } from '@/lib/services/testing/jamf'

const HERE = { host: '127.0.0.0', port: null, prefix: 8, plain: true }
const MOST_BYTES = 2 * 1_048_576

let jamf: Jamf
let client: ApiClient
let noted: ReturnType<typeof notedCalls>
let api: JamfApi
let asking: JamfAsking

beforeAll(async () => {
  jamf = await startJamf()
  jamf.populate('computer', 12)
  jamf.populate('mobile', 12)
  jamf.state.addGroup('computer', 'Macs', [1, 2])
  jamf.state.addGroup('mobile', 'iPads', [1])
})
afterAll(() => jamf?.close())

beforeEach(() => {
  jamf.faults.heal()
  client = jamf.state.addClient()
  fresh()
})

/** With no token yet. */
function fresh(timeoutMs = 5_000) {
  noted = notedCalls()
  api = jamfClient({
    outbound: guardedFetch({ rules: [HERE], mostBytes: MOST_BYTES }),
    calls: noted,
    signer: { open: async () => Buffer.from(JSON.stringify({ clientSecret: client.secret })) },
    pause: async () => {},
  })
  asking = { connector: jamfConnector({ url: jamf.url, clientId: client.clientId }), timeoutMs }
}

/** Every call there is, the hop of the API that it goes through, and what it finds. */
const CALLS: [string, Hop, () => Promise<unknown>, unknown][] = [
  ['token', 'token', () => api.token(asking), undefined],
  ['page of computers', 'computers', async () => (await api.page(asking, 'computer', 0, true)).total, 12],
  ['page of mobile devices', 'mobiles', async () => (await api.page(asking, 'mobile', 0, true)).total, 12],
  ['computers by serial', 'computers', () => serials('computer', 3), 3],
  ['mobile devices by serial', 'mobiles', () => serials('mobile', 3), 3],
  ['computer by its serial', 'computers', () => found('computer/2'), '2'],
  ['mobile device by its serial', 'mobiles', () => found('mobile/2'), '2'],
  ['record of a computer', 'computer', async () => (await api.record(asking, 'computer', '2', true))?.groups, ['1']],
  ['record of a mobile device', 'mobile', async () => (await api.record(asking, 'mobile', '1', true))?.groups, ['1']],
  ['smart groups', 'groups', () => api.groups(asking, 'computer'), [{ id: '1', name: 'Macs' }]],
]

async function serials(kind: 'computer' | 'mobile', most: number) {
  const all = [...jamf.state.of(kind).values()].map(({ serialNumber }) => serialNumber)
  return (await api.bySerial(asking, kind, all.slice(0, most), true)).length
}

async function found(ref: 'computer/2' | 'mobile/2') {
  return (await api.find(asking, { serial: jamf.state.device(ref).serialNumber, udid: null }))?.jamfId
}

test.each(CALLS)('%s: works', async (_, __, call, expected) => {
  expect(await call()).toEqual(expected)
  expect(noted.calls.every(({ outcome, status }) => outcome === 'success' && status === 200)).toBe(true)
})

describe.each(CALLS)('%s', (_, hop, call, expected) => {
  /** What a new token makes good. */
  const passing = (fault: Fault) => fault === 'unauthorised' && hop !== 'token'

  test.each(FAULTS.filter((fault) => !passing(fault)))(
    '%s: no answer, said so, and well again after it',
    async (fault) => {
      const silent = ['hang', 'drip', 'endless body'].includes(String(fault))
      fresh(silent ? 300 : 5_000)
      jamf.faults.plan(hop, fault)
      const error = await call().then(
        (value) => ({ answered: value }),
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(JamfFault)
      expect(jamf.faults.pending()).toBe(false)
      const line = noted.calls.at(-1)
      expect(line).toMatchObject({
        direction: 'out',
        code: (error as JamfFault).code,
        detail: (error as JamfFault).sentence,
      })
      expect(line?.outcome).not.toBe('success')
      expect(JSON.stringify(noted.calls)).not.toContain(client.secret)
      asking = { ...asking, timeoutMs: 5_000 }
      expect(await call()).toEqual(expected)
    },
  )

  // Without a token there is none that could be replaced.
  if (hop === 'token') return
  test('401 mid-way: a new token, and the answer', async () => {
    await api.token(asking)
    jamf.faults.plan(hop, 'unauthorised')
    expect(await call()).toEqual(expected)
    expect(noted.calls.some(({ outcome, status }) => outcome === 'refused' && status === 401)).toBe(true)
    jamf.faults.plan(hop, 'unauthorised', { times: 2 })
    await expect(call()).rejects.toMatchObject({ kind: 'credential' })
  })
})

test('a token that ended is replaced without a word', async () => {
  await api.page(asking, 'computer', 0, false)
  jamf.state.advance(61)
  await api.page(asking, 'computer', 0, false)
  expect(noted.calls.map(({ status }) => status)).toEqual([200, 200, 401, 200, 200])
})

test('a role that lacks a privilege is told which, and the rest of it works', async () => {
  client.privileges.delete('Read Mobile Devices')
  await expect(api.page(asking, 'mobile', 0, false)).rejects.toMatchObject({
    kind: 'privilege',
    sentence: expect.stringContaining('Read Mobile Devices'),
  })
  expect((await api.page(asking, 'computer', 0, false)).total).toBe(12)
})

test('what is not there is not there, and only Jamf itself says so', async () => {
  const gone = jamf.state.add('computer')
  jamf.state.delete(refOf(gone))
  expect(await api.record(asking, 'computer', String(gone.id), false)).toBeNull()
  expect(await api.find(asking, { serial: gone.serialNumber, udid: null })).toBeNull()
  expect(await api.find(asking, { serial: null, udid: jamf.state.device('mobile/3').udid })).toMatchObject({
    jamfId: '3',
  })
})

test('pages tile the inventory, with never more than five calls at once', async () => {
  jamf.populate('computer', 1_000)
  const pages = await Promise.all(Array.from({ length: 8 }, (_, page) => api.page(asking, 'computer', page, false)))
  const ids = pages.flatMap(({ devices }) => devices.map(({ jamfId }) => Number(jamfId)))
  expect(ids).toEqual([...jamf.state.computers.keys()])
  expect(jamf.api.mostAtOnce).toBeLessThanOrEqual(5)
})

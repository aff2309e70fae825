/** Messages to /hooks: who is believed, what is acted on once, what is noted, and what strangers learn. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { DeviceReport, DeviceReports } from './device-types'
import { createHookReception, type HookReception } from './hook-reception'
import { createConnectorCalls } from './mdm-connector-calls'
import { createMdmConnectors } from './mdm-connectors'
import { createMdmEvents, EVENTS_KIND } from './mdm-events'
import { actor, DAY_MS, type Installation, installation, memoryBacking } from './testing/harness'
import { type MdmConnectorStores, memoryMdmConnectorStores } from './testing/mdm-connector-stores'
import { emptyWorld } from './testing/world'
import { signatureHeaders } from './webhook-signature'

const admin = actor('admin')
let portal: Installation
let stores: MdmConnectorStores
let hooks: HookReception
let secret: Uint8Array
let counted: Map<string, number>
let taken: { connectorId: string; report?: DeviceReport; user?: object; disabled?: boolean }[]
let reportsFail: boolean
let connectors: ReturnType<typeof createMdmConnectors>

beforeEach(async () => {
  const world = emptyWorld(() => portal.time.now)
  portal = installation(memoryBacking(world))
  stores = memoryMdmConnectorStores(world)
  counted = new Map()
  taken = []
  reportsFail = false
  const { signer, urls } = portal
  const clock = () => portal.time.now
  connectors = createMdmConnectors({
    store: stores.connectors,
    kinds: [EVENTS_KIND],
    hookKinds: ['events'],
    signer,
    urls,
    clock,
  })
  const reports: Pick<DeviceReports, 'report' | 'reportUser'> = {
    async report(_actor, connectorId, all) {
      if (reportsFail) throw new Refusal('unavailable', 'The database cannot be reached.')
      taken.push(...all.map((report) => ({ connectorId, report })))
      return all.map(() => 'device')
    },
    async reportUser(_actor, connectorId, user, disabled) {
      taken.push({ connectorId, user, disabled })
      return 2
    },
  }
  hooks = createHookReception({
    rows: stores.rows,
    handlers: [createMdmEvents({ messages: stores.messages, reports, clock })],
    calls: createConnectorCalls({ store: stores.calls, log: () => {} }),
    signer,
    async limit(key, count) {
      const next = (counted.get(key) ?? 0) + 1
      counted.set(key, next)
      if (next > count) throw new Refusal('rate_limited', 'Too many.')
    },
    isLimitReached: async (key, count) => (counted.get(key) ?? 0) >= count,
    clock,
    elapsed: () => 0,
  })
  const { hookSecret } = await connectors.create(admin, { kind: 'events', name: 'Mosyle', slug: 'mosyle' })
  secret = keyOf(hookSecret)
})

const keyOf = (text: string | null) => Buffer.from((text ?? '').replace('whsec_', ''), 'base64')
const removed = { type: 'device.removed', data: { device: { id: '42' } } }

function message(
  event: unknown,
  more: { id?: string; key?: Uint8Array; at?: Date; headers?: Record<string, string> } = {},
) {
  const body = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))
  const { id = 'm1', key = secret, at = portal.time.now } = more
  const signed = signatureHeaders('standard', key, { id, connectionId: '', at, body })
  const headers = new Headers({ ...signed, ...more.headers })
  return { method: 'POST', headers, body, ip: '192.0.2.44' }
}
const receive = async (request: ReturnType<typeof message>, slug = 'mosyle') => {
  const { status, body } = await hooks.receive(slug, request, 'request-9')
  return { status, json: JSON.parse(Buffer.from(body).toString()) }
}
const lines = async () => (await connectors.calls(admin, 'mosyle', {}, {})).items

describe('what happened to a device', () => {
  test.each([
    ['device.removed', { management: 'removed' }],
    ['device.wiped', { management: 'wiped' }],
    ['device.unmanaged', { management: 'unmanaged' }],
    ['device.noncompliant', { compliance: 'noncompliant' }],
    ['device.compliant', { compliance: 'compliant' }],
    ['device.enrolled', { management: 'managed' }],
  ])('%s is reported', async (type, facts) => {
    const device = { id: 42, serial: 'c02example', udid: 'abc-1', name: 'MB-17', osVersion: '15.3' }
    const user = { id: 'u1', email: 'ada@example.com' }
    expect(await receive(message({ type, data: { device, user } }))).toEqual({
      status: 200,
      json: { id: 'm1', type, acted: true, devices: 1 },
    })
    expect(taken).toEqual([
      {
        connectorId: (await connectors.get(admin, 'mosyle')).id,
        report: {
          ...{ externalId: '42', serial: 'C02EXAMPLE', udid: 'ABC-1', name: 'MB-17', osVersion: '15.3' },
          ...{ userId: 'u1', userEmail: 'ada@example.com' },
          ...facts,
        },
      },
    ])
    expect(await lines()).toMatchObject([
      { direction: 'in', operation: type, outcome: 'success', status: 200, correlationId: 'm1' },
    ])
  })

  test.each([
    ['user.disabled', true],
    ['user.enabled', false],
  ])('%s is reported with who it is', async (type, disabled) => {
    expect(await receive(message({ type, data: { user: { email: 'ada@example.com' } } }))).toMatchObject({
      json: { acted: true, devices: 2 },
    })
    expect(taken).toMatchObject([{ user: { email: 'ada@example.com' }, disabled }])
  })

  test('a device that is named by its serial number alone is the one that is known by it', async () => {
    const { id: connectorId } = await connectors.get(admin, 'mosyle')
    await stores.addDevice({ connectorId, externalId: '77', serial: 'C02', udid: null })
    await receive(message({ type: 'device.wiped', data: { device: { serial: 'c02' } } }))
    await receive(message({ type: 'device.wiped', data: { device: { serial: 'c03' } } }, { id: 'm2' }))
    expect(taken.map(({ report }) => report?.externalId)).toEqual(['77', 'serial:C03'])
  })

  test('an event of another type is taken and means nothing', async () => {
    expect(await receive(message({ type: 'device.renamed', data: {} }))).toMatchObject({
      status: 202,
      json: { acted: false },
    })
    expect(taken).toEqual([])
    expect(await lines()).toMatchObject([{ operation: 'device.renamed', outcome: 'success', code: 'ignored' }])
  })
})

describe('a message that is sent again', () => {
  test('is answered alike and acted on once', async () => {
    const first = await receive(message(removed))
    expect(await receive(message(removed, { at: new Date(portal.time.now.getTime() + 60_000) }))).toEqual(first)
    expect(taken).toHaveLength(1)
    expect(await lines()).toMatchObject(expect.arrayContaining([expect.objectContaining({ code: 'repeated' })]))
  })

  test('with the id of another message is a conflict', async () => {
    await receive(message(removed))
    const other = message({ type: 'device.compliant', data: { device: { id: '42' } } })
    await expect(receive(other)).rejects.toMatchObject({ code: 'conflict', reason: 'id_reused' })
    expect(taken).toHaveLength(1)
  })

  test('is acted on if the first could not be', async () => {
    reportsFail = true
    await expect(receive(message(removed))).rejects.toMatchObject({ code: 'unavailable' })
    reportsFail = false
    expect(await receive(message(removed))).toMatchObject({ status: 200 })
    expect(taken).toHaveLength(1)
  })

  test('while the first is acted on is told to wait', async () => {
    const { id } = await connectors.get(admin, 'mosyle')
    await stores.messages.claim(id, 'm1', new Uint8Array(32))
    await expect(receive(message(removed))).rejects.toMatchObject({ code: 'conflict', reason: 'still_running' })
  })
})

describe('who is not believed', () => {
  const strangers: [string, () => Promise<unknown>][] = [
    ['another secret', () => receive(message(removed, { key: new Uint8Array(64) }))],
    ['another body', () => receive({ ...message(removed), body: Buffer.from('{}') })],
    ['no signature', () => receive(message(removed, { headers: { 'webhook-signature': '' } }))],
    ['a signature of another kind', () => receive(message(removed, { headers: { 'webhook-signature': 'v2,AAAA' } }))],
    ['another id', () => receive(message(removed, { headers: { 'webhook-id': 'm2' } }))],
    ['an id with a dot', () => receive(message(removed, { id: 'm.1' }))],
    ['another time', () => receive(message(removed, { headers: { 'webhook-timestamp': '1' } }))],
    ['a connector that does not exist', () => receive(message(removed), 'nobody')],
    ['a name that is none', () => receive(message(removed), 'No Body')],
  ]

  test.each(strangers)('%s: alike, and nothing is done', async (_what, send) => {
    await expect(send()).rejects.toMatchObject({
      code: 'unauthenticated',
      sentence: 'The credentials of this message are not right.',
    })
    expect(taken).toEqual([])
    expect(await connectors.get(admin, 'mosyle')).toMatchObject({ light: 'never-used', health: { failures: 0 } })
  })

  test('a connector that is disabled looks like none', async () => {
    await connectors.change(admin, 'mosyle', { enabled: false })
    await expect(receive(message(removed))).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('a connector whose secret does not open looks like none', async () => {
    const { id } = await connectors.get(admin, 'mosyle')
    await stores.connectors.replaceHookSecret(id, new Uint8Array([1]), 0, [])
    await expect(receive(message(removed, { key: new Uint8Array(64) }))).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })

  test('what is counted of a stranger is the same for a connector that exists and one that does not', async () => {
    const wrong = () => message(removed, { key: Buffer.alloc(64) })
    for (let at = 0; at < 7; at += 1) {
      await expect(receive(wrong())).rejects.toMatchObject({ code: 'unauthenticated' })
      await expect(receive(wrong(), 'nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    }
    const { id } = await connectors.get(admin, 'mosyle')
    expect(counted.get(`hook:wrong-noted:${id}`)).toBe(5)
    expect(counted.get('hook:wrong-noted:unknown')).toBe(5)
  })

  test('a stranger is told to wait, the MDM behind the same address is not, and the log stays readable', async () => {
    const wrong = () => receive(message(removed, { key: new Uint8Array(64) })).catch(({ code }) => code)
    const codes: string[] = []
    for (let n = 0; n < 40; n++) codes.push(await wrong())
    expect(codes.slice(0, 30)).toEqual(Array(30).fill('unauthenticated'))
    expect(codes.slice(30)).toEqual(Array(10).fill('rate_limited'))
    expect((await lines()).filter(({ code }) => code === 'unauthenticated')).toHaveLength(5)
    expect(await receive(message(removed))).toMatchObject({ status: 200 })
  })
})

test('while the secret is replaced, the one before is believed for a day', async () => {
  const before = secret
  const after = keyOf((await connectors.rotateHookSecret(admin, 'mosyle')).hookSecret)
  expect(await receive(message(removed, { key: after, id: 'a' }))).toMatchObject({ status: 200 })
  expect(await receive(message(removed, { key: before, id: 'b' }))).toMatchObject({ status: 200 })
  portal.time.now = new Date(portal.time.now.getTime() + DAY_MS + 1_000)
  expect(await receive(message(removed, { key: after, id: 'c' }))).toMatchObject({ status: 200 })
  await expect(receive(message(removed, { key: before, id: 'd' }))).rejects.toMatchObject({ code: 'unauthenticated' })
})

describe('what its own MDM sends wrongly is said clearly, and noted', () => {
  test.each([
    ['an old message', () => message(removed, { at: new Date(portal.time.now.getTime() - 301_000) }), 'stale', null],
    ['one of tomorrow', () => message(removed, { at: new Date(portal.time.now.getTime() + 301_000) }), 'stale', null],
    ['no JSON', () => message('<event/>'), 'malformed_event', 'body'],
    ['no type', () => message({ data: {} }), 'malformed_event', 'type'],
    ['no data', () => message({ type: 'device.removed' }), 'malformed_event', 'data'],
    ['no device', () => message({ type: 'device.removed', data: {} }), 'malformed_event', 'data.device'],
    [
      'a device without a name',
      () => message({ type: 'device.removed', data: { device: { serial: '' } } }),
      'malformed_event',
      'data.device',
    ],
    [
      'a list for a name',
      () => message({ type: 'device.removed', data: { device: { id: [1] } } }),
      'malformed_event',
      'data.device.id',
    ],
    [
      'a control character',
      () => message({ type: 'device.removed', data: { device: { id: 'a\u0000' } } }),
      'malformed_event',
      'data.device.id',
    ],
    [
      'no user',
      () => message({ type: 'user.disabled', data: { device: { id: '1' } } }),
      'malformed_event',
      'data.user',
    ],
  ])('%s', async (_what, make, reason, field) => {
    const error = await receive(make()).catch((fault: unknown) => fault)
    expect(error).toMatchObject({ code: 'invalid_input', reason })
    if (field !== null) expect(Object.keys((error as Refusal).fields)).toEqual([field])
    expect(taken).toEqual([])
    expect(await lines()).toMatchObject([{ direction: 'in', outcome: 'refused', code: reason }])
  })

  test('and may be sent again under the same id once it is right', async () => {
    await expect(receive(message('nonsense'))).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await receive(message(removed))).toMatchObject({ status: 200 })
  })
})

import { expect, test } from 'vitest'
import type { Json } from './audit'
import { createDeviceReports } from './device-reports'
import { createInventoryReadings } from './inventory-readings'
import { JamfFault } from './jamf-api'
import { type JamfDevice, jamfExternalId } from './jamf-device'
import { createJamfEvents } from './jamf-events'
import { createEntitlingGroups } from './jamf-groups'
import type { NamedDevice } from './jamf-message'
import type { CertifiedDevice, JamfDeviceRows, JamfEventQueue } from './jamf-queue'
import type { JamfSettings } from './jamf-settings'
import { createJamfSync, dueSync } from './jamf-sync'
import { memoryDeviceReportStore } from './testing/device-report-store'
import { actor } from './testing/harness'
import { jamfConnector, jamfDevice, notedCalls } from './testing/jamf'
import { memoryJamf } from './testing/jamf-api'
import { memoryJamfQueue } from './testing/jamf-stores'

const HOUR_MS = 3_600_000

function office(devices: JamfDevice[], settings: Partial<JamfSettings> = {}) {
  const time = { now: new Date('2026-11-28T08:00:00Z') }
  const clock = () => time.now
  const jamf = memoryJamf(devices)
  const known = memoryDeviceReportStore()
  const reports = createDeviceReports({ store: known.store, clock })
  const connector = { ...jamfConnector(settings), state: {} as { [key: string]: Json } }
  const certified = new Set<string>()
  const rows = {
    connector: async () => connector,
    connectorsOf: async () => (connector.disabled ? [] : [connector]),
    async learn(_id: string, state: { [key: string]: Json }) {
      connector.state = Object.fromEntries(
        Object.entries({ ...connector.state, ...state }).filter(([, value]) => value !== null),
      )
    },
  }
  const deviceRows: Pick<JamfDeviceRows, 'certified' | 'externalId'> = {
    externalId: async (id) => known.rows.find((row) => row.id === id)?.externalId ?? null,
    async certified(_connector, after, limit) {
      const all: CertifiedDevice[] = known.rows
        .filter(({ externalId, management }) => certified.has(externalId) && management !== 'removed')
        .map(({ id, externalId, serial }) => ({ id, externalId, serial }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return all.filter(({ id }) => after === null || id > after).slice(0, limit)
    },
  }
  const noted = notedCalls()
  let elapsed = 0
  const monotonic = () => elapsed
  const { queue, rows: waiting } = memoryJamfQueue(clock)
  const shared = { rows, devices: deviceRows, api: jamf.api, reports, calls: noted, monotonic, clock, queue }
  const groups = createEntitlingGroups({ api: jamf.api, calls: noted, monotonic })
  const sync = createJamfSync({ ...shared, groups })
  const events = createJamfEvents({ ...shared, groups })
  return {
    ...{ time, jamf, connector, certified, known, reports, calls: noted.calls, sync, events, queue, waiting },
    async syncAfter(hours: number) {
      time.now = new Date(time.now.getTime() + hours * HOUR_MS)
      elapsed += hours * HOUR_MS
      jamf.asked.length = 0
      await sync.run(time.now)
    },
    async heard(about: 'devices' | 'seen', ...named: Partial<NamedDevice>[]) {
      const nobody = { kind: 'computer', jamfId: null, serial: null, udid: null } as const
      const body = { bodySha256: crypto.getRandomValues(new Uint8Array(32)), event: 'ComputerAdded', about }
      const event = { ...body, id: crypto.randomUUID(), connectorId: connector.id }
      await queue.add({ ...event, devices: named.map((each) => ({ ...nobody, ...each })) }, BOUNDS)
    },
    pass(hours: number) {
      elapsed += hours * HOUR_MS
    },
    management: (externalId: string) => known.rows.find((row) => row.externalId === externalId)?.management,
    entitled: (externalId: string) => known.rows.find((row) => row.externalId === externalId)?.entitled,
    forget(jamfId: string) {
      const at = devices.findIndex((each) => each.jamfId === jamfId)
      devices.splice(at, 1)
    },
  }
}

const BOUNDS: Parameters<JamfEventQueue['add']>[1] = { sameMinutes: 10, mostWaiting: 100 }
const macs = (count: number, more: Partial<JamfDevice> = {}) =>
  Array.from({ length: count }, (_, at) =>
    jamfDevice({
      jamfId: String(at + 1),
      serial: `SERIAL${String(at + 1).padStart(5, '0')}`,
      udid: `UDID-${at + 1}`,
      ...more,
    }),
  )

test('a full reading takes in computers and mobile devices, numbered apart, page by page', async () => {
  const devices = [
    ...macs(450),
    jamfDevice({ kind: 'mobile', jamfId: '1', serial: 'DMPX00001', udid: 'IPAD-1', managed: false }),
  ]
  const { syncAfter, known, jamf, connector, calls, management } = office(devices)
  await syncAfter(0)
  expect(known.rows).toHaveLength(451)
  expect([management('computer:1'), management('mobile:1')]).toEqual(['managed', 'unmanaged'])
  expect(jamf.asked).toEqual(['computer page 0', 'computer page 1', 'computer page 2', 'mobile page 0'])
  expect(connector.state).toMatchObject({ fullSyncAt: '2026-11-28T08:00:00.000Z', inventory: 451 })
  expect(calls).toMatchObject([{ operation: 'full sync', outcome: 'success' }])
})

test('a device that two full readings do not see is removed, not before', async () => {
  const { syncAfter, forget, management } = office(macs(20))
  await syncAfter(0)
  forget('7')
  await syncAfter(8)
  expect(management('computer:7')).toBe('managed')
  await syncAfter(8)
  expect(management('computer:7')).toBe('removed')
  expect(management('computer:8')).toBe('managed')
})

test('an inventory that lost over a fifth of its devices removes none, however often it is read', async () => {
  const { syncAfter, jamf, known, connector, calls } = office(macs(20))
  await syncAfter(0)
  jamf.devices.splice(0, 5)
  for (const hours of [8, 8, 8]) await syncAfter(hours)
  expect(known.rows.filter(({ management }) => management === 'managed')).toHaveLength(20)
  expect(connector.state.syncFault).toContain('a fifth fewer')
  expect(calls.at(-1)).toMatchObject({ operation: 'full sync', outcome: 'failed', code: 'inventory_shrank' })
})

test('a reading that broke off removes nothing, and is taken up again in minutes', async () => {
  const { syncAfter, jamf, forget, management, connector } = office(macs(500))
  await syncAfter(0)
  for (const jamfId of ['490', '491']) forget(jamfId)
  jamf.faults.set('computer page 2', jamf.away)
  for (const hours of [8, 8, 8]) await syncAfter(hours)
  expect(management('computer:490')).toBe('managed')
  expect(connector.state.syncFault).toBe('Jamf Pro is away.')
  jamf.faults.clear()
  await syncAfter(0.05)
  expect(jamf.asked).toEqual([])
  await syncAfter(0.05)
  expect(jamf.asked[0]).toBe('computer page 0')
  expect(connector.state.syncFault).toBeUndefined()
})

test('what cannot be taken in is not read again and again, but in minutes', async () => {
  const { syncAfter, jamf, connector, calls } = office(macs(1))
  jamf.faults.set('computer page 0', new Error('breaks'))
  await expect(syncAfter(0)).rejects.toThrow('breaks')
  expect(calls.at(-1)).toMatchObject({ operation: 'full sync', outcome: 'failed', code: 'internal' })
  await syncAfter(0.01)
  expect(jamf.asked).toEqual([])
  jamf.faults.clear()
  await syncAfter(0.1)
  expect(connector.state.syncFault).toBeUndefined()
})

test('pages that show less than Jamf announced are a fault', async () => {
  const { syncAfter, jamf, connector } = office(macs(300))
  const { page } = jamf.api
  jamf.api.page = async (...asked) => {
    const answer = await page(...asked)
    return { ...answer, devices: answer.devices.slice(0, 150) }
  }
  await syncAfter(0)
  expect(connector.state.syncFault).toContain('showed 250 of 300 computers')
  expect(connector.state.fullSyncAt).toBeUndefined()
})

test('an inventory without an end is not read without an end', async () => {
  const { syncAfter, jamf, connector } = office(macs(300))
  const { page } = jamf.api
  jamf.api.page = async (...asked) => ({ ...(await page(...asked)), total: 1_000_000_000 })
  await syncAfter(0)
  expect(jamf.asked.length).toBeLessThan(10)
  expect(connector.state.syncFault).toContain('of 1000000000 computers')
})

test('one that is shown too slowly is given up', async () => {
  const { syncAfter, jamf, connector, pass } = office(macs(2_000))
  const { page } = jamf.api
  jamf.api.page = async (...asked) => {
    pass(0.75)
    return page(...asked)
  }
  await syncAfter(0)
  expect(jamf.asked.length).toBeLessThan(10)
  expect(connector.state.syncFault).toContain('in two hours')
  expect(connector.state.fullSyncAt).toBeUndefined()
})

test('never more than three pages are read at once', async () => {
  const { syncAfter, jamf } = office(macs(4_000))
  await syncAfter(0)
  expect(jamf.mostAtOnce).toBeLessThanOrEqual(3)
})

test('in between, devices with a certificate are looked up by serial number, and no others', async () => {
  const { syncAfter, jamf, certified, management } = office(macs(200))
  await syncAfter(0)
  for (let at = 1; at <= 60; at += 1) certified.add(`computer:${at}`)
  Object.assign(jamf.devices[2] ?? {}, { managed: false })
  Object.assign(jamf.devices[100] ?? {}, { managed: false })
  await syncAfter(1)
  expect(jamf.asked).toEqual(['computer serials 50', 'computer serials 10'])
  expect([management('computer:3'), management('computer:101')]).toEqual(['unmanaged', 'managed'])
})

test('one of them that Jamf knows under its number neither is removed at once', async () => {
  const { syncAfter, jamf, certified, forget, management } = office(macs(30))
  await syncAfter(0)
  for (let at = 1; at <= 30; at += 1) certified.add(`computer:${at}`)
  forget('7')
  Object.assign(jamf.devices[0] ?? {}, { serial: 'SERIAL-CHANGED' })
  await syncAfter(1)
  expect(jamf.asked.toSorted()).toEqual(['computer record 1', 'computer record 7', 'computer serials 30'])
  expect([management('computer:7'), management('computer:1')]).toEqual(['removed', 'managed'])
})

test('if over a fifth of them are gone, none is', async () => {
  const { syncAfter, jamf, certified, management, connector } = office(macs(30))
  await syncAfter(0)
  for (let at = 1; at <= 30; at += 1) certified.add(`computer:${at}`)
  jamf.devices.splice(0, 7)
  await syncAfter(1)
  expect(management('computer:1')).toBe('managed')
  expect(connector.state.syncFault).toContain('23 of 30')
})

test('of a fleet that shrank indeed, readings go on once an administrator has accepted it', async () => {
  const { syncAfter, jamf, known, certified, management, connector } = office(macs(30))
  await syncAfter(0)
  for (let at = 1; at <= 30; at += 1) certified.add(`computer:${at}`)
  jamf.devices.splice(0, 10)
  await syncAfter(8)
  expect(connector.state.syncFault).toContain('a fifth fewer')
  const readings = createInventoryReadings({ store: known.readings, rows: { connectorBySlug: async () => connector } })
  const reading = await readings.last(actor('admin'), connector.slug)
  expect(reading).toMatchObject({ seen: 20, missing: 10, whole: false, before: 30 })
  await readings.accept(actor('admin'), connector.slug, reading?.id ?? '')
  // Meanwhile those with a certificate have their turn, and then the whole inventory again.
  await syncAfter(1)
  await syncAfter(1)
  expect([management('computer:1'), management('computer:30')]).toEqual(['removed', 'managed'])
  expect(connector.state.syncFault).toBeUndefined()
  // Those that are gone keep their certificates where rules only report; they are not missed again.
  jamf.asked.length = 0
  await syncAfter(1)
  expect(jamf.asked).toEqual(['computer serials 20'])
  expect(connector.state.syncFault).toBeUndefined()
})

test('a device that left the chosen groups is no longer entitled; one of a kind without groups was never asked for', async () => {
  const devices = [
    ...macs(2, { groups: ['4'] }),
    jamfDevice({ kind: 'mobile', jamfId: '1', serial: 'DMPX1', groups: [] }),
  ]
  const { syncAfter, jamf, entitled } = office(devices, { smartGroups: ['Staff'] })
  jamf.groups.computer.push({ id: '4', name: 'Staff' }, { id: '5', name: 'Others' })
  await syncAfter(0)
  expect([entitled('computer:1'), entitled('computer:2'), entitled('mobile:1')]).toEqual([true, true, null])
  Object.assign(jamf.devices[1] ?? {}, { groups: ['5'] })
  await syncAfter(8)
  expect([entitled('computer:1'), entitled('computer:2')]).toEqual([true, false])
})

test('a group that was renamed says nothing of any device', async () => {
  const { syncAfter, jamf, entitled, calls } = office(macs(2, { groups: ['4'] }), { smartGroups: ['Staff'] })
  const staff = { id: '4', name: 'Staff' }
  jamf.groups.computer.push(staff)
  await syncAfter(0)
  staff.name = 'All staff'
  await syncAfter(8)
  expect(entitled('computer:1')).toBe(true)
  expect(calls).toContainEqual(
    expect.objectContaining({ operation: 'smart groups', outcome: 'failed', code: 'group_unknown' }),
  )
})

test('a role that may read the groups of one kind is enough when all are of that kind', async () => {
  const { syncAfter, jamf, entitled } = office(macs(1, { groups: ['4'] }), { smartGroups: ['Staff'] })
  jamf.groups.computer.push({ id: '4', name: 'Staff' })
  jamf.faults.set('mobile groups', new JamfFault('privilege', 'INVALID_PRIVILEGE', 'Lacks it.', ''))
  await syncAfter(0)
  expect(entitled('computer:1')).toBe(true)
})

test('what is due depends on when it was done, and on whether somebody asked', () => {
  const connector = (state: object, settings: Partial<JamfSettings> = {}) =>
    jamfConnector({ syncMinutes: 60, ...settings }, { state: state as { [key: string]: Json } })
  const now = new Date('2026-11-28T12:00:00Z')
  const at = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()
  expect(dueSync(connector({}), now)).toBe('full')
  expect(dueSync(connector({ fullSyncAt: at(30) }), now)).toBeNull()
  expect(dueSync(connector({ fullSyncAt: at(60) }), now)).toBe('partial')
  expect(dueSync(connector({ fullSyncAt: at(90), partialSyncAt: at(30) }), now)).toBeNull()
  expect(dueSync(connector({ fullSyncAt: at(480), partialSyncAt: at(1) }), now)).toBe('full')
  expect(dueSync(connector({ fullSyncAt: at(5), syncWantedAt: at(0) }), now)).toBe('full')
  expect(dueSync(connector({ syncFault: 'away', syncTriedAt: at(4) }), now)).toBeNull()
  expect(dueSync(connector({ fullSyncAt: at(-600) }), now)).toBe('full')
  // An inventory that is not believed does not keep those with a certificate from being looked up.
  const shrank = { fullSyncAt: at(600), syncTriedAt: at(5), syncFault: 'shrank', fullSyncShrank: true }
  expect(dueSync(connector({ ...shrank, partialSyncAt: at(60) }), now)).toBe('partial')
  expect(dueSync(connector({ ...shrank, partialSyncAt: at(59) }), now)).toBe('full')
  expect(dueSync(connector({ fullSyncAt: at(6) }, { syncMinutes: 5 }), now)).toBe('partial')
  expect(dueSync(connector({}, { clientId: '' }), now)).toBeNull()
  expect(dueSync(jamfConnector({}, { credentialSealed: null }), now)).toBeNull()
})

test('an administrator may have it read now; nobody else', async () => {
  const { sync, syncAfter, jamf, connector } = office(macs(1))
  await syncAfter(0)
  await expect(sync.want(actor('operator'), connector.id)).rejects.toMatchObject({ code: 'forbidden' })
  await syncAfter(0.01)
  expect(jamf.asked).toEqual([])
  await sync.want(actor('admin'), connector.id)
  await syncAfter(0.01)
  expect(jamf.asked).toEqual(['computer page 0', 'mobile page 0'])
  await syncAfter(0.01)
  expect(jamf.asked).toEqual([])
})

test('an event about a device that is managed still changes nothing: a leaked secret wipes no fleet', async () => {
  const { heard, events, management, jamf } = office(macs(1))
  await heard('devices', { jamfId: '1' })
  expect(await events.work()).toBe(1)
  expect([jamf.asked, management('computer:1')]).toEqual([['computer record 1'], 'managed'])
})

test('a device that is unmanaged or gone by what Jamf says is reported so at once', async () => {
  const { syncAfter, heard, events, management, jamf, forget } = office(macs(3))
  await syncAfter(0)
  Object.assign(jamf.devices[0] ?? {}, { managed: false })
  forget('2')
  await heard('devices', { jamfId: '1' }, { jamfId: '2' }, { kind: null, serial: 'SERIAL00003' })
  await events.work()
  expect(['1', '2', '3'].map((id) => management(jamfExternalId('computer', id)))).toEqual([
    'unmanaged',
    'removed',
    'managed',
  ])
})

test('a device that nobody knew does not become known by being deleted', async () => {
  const { heard, events, known, waiting } = office([])
  await heard('devices', { jamfId: '99' }, { kind: null, serial: 'SERIAL00099' })
  await events.work()
  expect([known.rows, waiting.map(({ state }) => state)]).toEqual([[], ['done']])
})

test('a check-in says when a known device was seen, without a call', async () => {
  const { syncAfter, heard, events, known, jamf, time } = office(macs(1))
  await syncAfter(0)
  jamf.asked.length = 0
  await heard('seen', { jamfId: '1' })
  await heard('seen', { jamfId: '55', serial: 'STRANGER1' })
  await events.work()
  expect(jamf.asked).toEqual([])
  expect(known.rows).toMatchObject([{ externalId: 'computer:1', lastSeenAt: time.now, management: 'managed' }])
})

test('while Jamf is away events wait, each a little longer, and it is asked once for all of them', async () => {
  const { heard, events, jamf, waiting, time } = office(macs(3))
  jamf.faults.set('computer', jamf.away)
  for (const jamfId of ['1', '2', '3']) await heard('devices', { jamfId })
  expect(await events.work()).toBe(3)
  expect(jamf.asked).toHaveLength(1)
  expect(await events.work()).toBe(0)
  jamf.faults.clear()
  time.now = new Date(time.now.getTime() + 6_000)
  expect(await events.work()).toBe(3)
  expect(waiting.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(['done 2', 'done 2', 'done 2'])
})

test('an event that cannot be confirmed is given up in the end: the next sync tells', async () => {
  const { heard, events, jamf, waiting, time } = office(macs(1))
  jamf.faults.set('computer', jamf.away)
  await heard('devices', { jamfId: '1' })
  for (let tries = 0; tries < 6; tries += 1) {
    await events.work()
    time.now = new Date(time.now.getTime() + HOUR_MS)
  }
  expect(waiting).toMatchObject([{ state: 'given_up', attempts: 6, lastFault: 'Jamf Pro is away.' }])
})

test('an event that fails on our side waits like any other, and those behind it are worked', async () => {
  const { syncAfter, heard, events, jamf, waiting, management, time } = office(macs(3))
  await syncAfter(0)
  jamf.faults.set('computer record 1', new Error('a bug of ours'))
  Object.assign(jamf.devices[1] ?? {}, { managed: false })
  await heard('devices', { jamfId: '1' })
  time.now = new Date(time.now.getTime() + 1)
  await heard('devices', { jamfId: '2' })
  await expect(events.work()).rejects.toThrow('a bug of ours')
  expect(management('computer:2')).toBe('unmanaged')
  expect(waiting.map(({ state }) => state)).toEqual(['waiting', 'done'])
  for (let tries = 0; tries < 5; tries += 1) {
    time.now = new Date(time.now.getTime() + HOUR_MS)
    await events.work().catch(() => {})
  }
  expect(waiting.map(({ state }) => state)).toEqual(['given_up', 'done'])
})

test('a reading that fails on our side is taken up again in minutes, not with every look', async () => {
  const { sync, jamf, connector, time } = office(macs(1))
  jamf.faults.set('computer page', new Error('a bug of ours'))
  await expect(sync.run(time.now)).rejects.toThrow('a bug of ours')
  expect(dueSync(connector, new Date(time.now.getTime() + 60_000))).toBeNull()
  expect(dueSync(connector, new Date(time.now.getTime() + 600_000))).toBe('full')
})

test('what Jamf said before an event came does not undo what it said after', async () => {
  const { heard, events, jamf, management, time, reports, connector } = office(macs(1))
  await heard('devices', { jamfId: '1' })
  const { record } = jamf.api
  jamf.api.record = async (...asked) => {
    const answer = await record(...asked)
    time.now = new Date(time.now.getTime() + 1_000)
    await reports.report(actor('admin'), connector.id, [{ externalId: 'computer:1', management: 'removed' }], 'event')
    time.now = new Date(time.now.getTime() + 1_000)
    return answer
  }
  await events.work()
  expect(management('computer:1')).toBe('removed')
})

test('many events about one device ask once', async () => {
  const { heard, events, jamf } = office(macs(1))
  for (let times = 0; times < 5; times += 1) await heard('devices', { jamfId: '1' })
  await events.work()
  expect(jamf.asked).toEqual(['computer record 1'])
})

test('a disabled connector acts on nothing', async () => {
  const { heard, events, jamf, connector, waiting } = office(macs(1))
  await heard('devices', { jamfId: '1' })
  connector.disabled = true
  await events.work()
  expect([jamf.asked, waiting.map(({ state }) => state)]).toEqual([[], ['done']])
})

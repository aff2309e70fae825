/** What taking in reports promises: run on the store in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import type { AuditEntry } from '@/lib/services/audit'
import { createDeviceReports, type DeviceReportStore } from '@/lib/services/device-reports'
import type { DeviceReport } from '@/lib/services/device-types'
import type { InventoryReadingStore } from '@/lib/services/inventory-readings'

export interface DeviceReportBacking {
  store: DeviceReportStore
  readings: InventoryReadingStore
  addConnector(): Promise<string>
  device(id: string): Promise<{
    serial: string | null
    name: string | null
    management: string
    compliance: string
    userDisabled: boolean
  }>
  devices(connectorId: string): Promise<number>
  /** Oldest first. */
  events(deviceId: string): Promise<string[]>
  /** Types of the audit events, with their facts. */
  audit(): Promise<Pick<AuditEntry, 'type' | 'data'>[]>
  close(): Promise<void>
}

const mdm = systemActor('job', 'sync-devices')
const START = new Date('2026-11-23T12:00:00Z').getTime()

export function deviceReportContract(name: string, open: () => Promise<DeviceReportBacking>): void {
  describe(`${name}: what MDMs say about devices`, () => {
    let backing: DeviceReportBacking
    let connector: string
    let now: Date
    const reports = () => createDeviceReports({ store: backing.store, clock: () => now })
    const later = (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1_000)
    }
    const tell = async (...said: DeviceReport[]) => {
      later(1)
      return reports().report(mdm, connector, said, 'event')
    }
    const one = async (report: Partial<DeviceReport>) => (await tell({ externalId: 'id-1', ...report }))[0] ?? ''
    const sync = async (...said: DeviceReport[]) => {
      later(60)
      const id = await reports().beginSync(connector)
      later(1)
      await reports().reportPage(id, mdm, connector, said)
      later(1)
      return reports().endSync(id, mdm, connector)
    }

    beforeEach(async () => {
      now = new Date(START)
      backing = await open()
      connector = await backing.addConnector()
    })
    afterEach(() => backing.close())

    test('ids come back in order, and the same device keeps its own', async () => {
      const first = await tell({ externalId: 'b' }, { externalId: 'a' }, { externalId: 'b', name: 'again' })
      expect(first[0]).toBe(first[2])
      expect(first[0]).not.toBe(first[1])
      expect(await tell({ externalId: 'a' }, { externalId: 'b' })).toEqual([first[1], first[0]])
      expect(await backing.devices(connector)).toBe(2)
    })

    test('serial numbers are kept in upper case, and what firmware says for want of one is none', async () => {
      const id = await one({ serial: ' c02example01 ' })
      expect((await backing.device(id)).serial).toBe('C02EXAMPLE01')
      await one({ serial: 'To Be Filled By O.E.M.' })
      expect((await backing.device(id)).serial).toBeNull()
    })

    test('half of a character, in a name that was cut, is no reason to lose the whole page', async () => {
      const [cut, long] = await tell(
        { externalId: 'cut', name: 'Tablet \ud83d' },
        { externalId: 'long', name: `${'x'.repeat(255)}😀` },
      )
      expect((await backing.device(cut ?? '')).name).toBe('Tablet \ufffd')
      expect((await backing.device(long ?? '')).name).toBe(`${'x'.repeat(255)}\ufffd`)
    })

    test('what is absent changes nothing, and a report that repeats leaves no event', async () => {
      const id = await one({ serial: 'S1', management: 'managed', compliance: 'compliant' })
      await one({ lastSeenAt: now })
      await one({ serial: 'S1', management: 'managed' })
      expect(await backing.device(id)).toMatchObject({ serial: 'S1', management: 'managed', compliance: 'compliant' })
      expect(await backing.events(id)).toEqual(['known'])
      await one({ compliance: 'noncompliant' })
      expect(await backing.events(id)).toEqual(['known', 'compliance'])
    })

    test('what was true earlier does not undo what was true later', async () => {
      const id = await one({ management: 'managed' })
      const before = now
      later(60)
      await one({ management: 'wiped', observedAt: now })
      await one({ management: 'managed', observedAt: before })
      expect((await backing.device(id)).management).toBe('wiped')
    })

    test('what was true earlier does not give a device another user, for whom a disabled one would be forgotten', async () => {
      const id = await one({ userId: 'ada', userEmail: 'ada@example.com' })
      const before = now
      later(60)
      await reports().reportUser(mdm, connector, { id: 'ada' }, true)
      await one({ userId: 'grace', userEmail: 'grace@example.com', observedAt: before })
      await one({ userId: 'ada', userEmail: 'ada@example.com' })
      expect((await backing.device(id)).userDisabled).toBe(true)
    })

    test('a moment that is ahead of our clock does not win for ever', async () => {
      const id = await one({ compliance: 'noncompliant', observedAt: new Date(START + 86_400_000) })
      await one({ compliance: 'compliant' })
      expect((await backing.device(id)).compliance).toBe('compliant')
    })

    test.each([
      ['a name that is cut within a character', { name: `${'a'.repeat(255)}\u{1f600}` }],
      ['half of a surrogate pair', { name: 'Mac \ud83d', serial: 'C02\udc00' }],
      ['a control character', { name: 'Mac\0', userEmail: 'ada\u0000@example.com' }],
      ['a year that no column takes', { lastSeenAt: new Date('+200000-01-01T00:00:00Z') }],
    ])('%s does not keep the other devices of its page from being taken in', async (_, odd) => {
      await tell({ externalId: 'odd', ...odd }, { externalId: 'other' })
      expect(await backing.devices(connector)).toBe(2)
    })

    test('a reading that began before an event does not undo it', async () => {
      const id = await one({ management: 'managed' })
      later(60)
      const reading = await reports().beginSync(connector)
      await one({ management: 'wiped' })
      later(5)
      await reports().reportPage(reading, mdm, connector, [{ externalId: 'id-1', management: 'managed' }])
      await reports().endSync(reading, mdm, connector)
      expect((await backing.device(id)).management).toBe('wiped')
    })

    test('a device that two readings in a row did not see is removed, and not before', async () => {
      const all = ['1', '2', '3', '4', '5'].map((externalId): DeviceReport => ({ externalId, management: 'managed' }))
      expect(await sync(...all)).toEqual({ seen: 5, missing: 0, complete: true })
      const id = await reports().find(connector, { externalId: '5' })
      expect(await sync(...all.slice(0, 4))).toEqual({ seen: 4, missing: 1, complete: true })
      expect((await backing.device(id ?? '')).management).toBe('managed')
      await sync(...all)
      await sync(...all.slice(0, 4))
      expect((await backing.device(id ?? '')).management).toBe('managed')
      await sync(...all.slice(0, 4))
      expect((await backing.device(id ?? '')).management).toBe('removed')
      expect(await sync(...all.slice(0, 4))).toEqual({ seen: 4, missing: 0, complete: true })
      expect(await backing.events(id ?? '')).toEqual(['known', 'management'])
    })

    test('a reading that saw a fifth fewer removes nothing, however often it comes', async () => {
      const all = ['1', '2', '3', '4', '5'].map((externalId): DeviceReport => ({ externalId, management: 'managed' }))
      await sync(...all)
      const id = await reports().find(connector, { externalId: '5' })
      for (let time = 0; time < 3; time += 1)
        expect(await sync(...all.slice(0, 3))).toEqual({ seen: 3, missing: 2, complete: false })
      expect((await backing.device(id ?? '')).management).toBe('managed')
    })

    test('nor does one that saw none of those that events had told of, be it the first', async () => {
      expect(await sync()).toEqual({ seen: 0, missing: 0, complete: true })
      const [id] = await tell({ externalId: '1', management: 'managed' }, { externalId: '2', management: 'managed' })
      for (let time = 0; time < 3; time += 1) expect(await sync()).toEqual({ seen: 0, missing: 2, complete: false })
      expect((await backing.device(id ?? '')).management).toBe('managed')
    })

    test('a device that became known while the reading ran is not missing from it', async () => {
      await sync({ externalId: '1' })
      later(60)
      const reading = await reports().beginSync(connector)
      await tell({ externalId: '2', management: 'managed' })
      await reports().reportPage(reading, mdm, connector, [{ externalId: '1' }])
      expect(await reports().endSync(reading, mdm, connector)).toEqual({ seen: 1, missing: 0, complete: true })
    })

    test('ending a reading twice counts once, and a later one ends it', async () => {
      await sync({ externalId: '1', management: 'managed' }, { externalId: '2', management: 'managed' })
      later(60)
      const reading = await reports().beginSync(connector)
      await reports().reportPage(reading, mdm, connector, [{ externalId: '1' }, { externalId: '2' }])
      const end = await reports().endSync(reading, mdm, connector)
      later(60)
      expect(await reports().endSync(reading, mdm, connector)).toEqual(end)
      const older = await reports().beginSync(connector)
      await reports().beginSync(connector)
      await expect(reports().reportPage(older, mdm, connector, [{ externalId: '1' }])).rejects.toMatchObject({
        code: 'conflict',
        reason: 'sync_over',
      })
    })

    test('a device is found by any of its ids, the one that is still managed first', async () => {
      const [old] = await tell({ externalId: 'old', serial: 'S1', udid: 'u-1', management: 'removed' })
      expect(await reports().find(connector, { serial: 's1' })).toBe(old)
      const [current] = await tell({ externalId: 'new', serial: 'S1', management: 'managed' })
      expect(await reports().find(connector, { serial: 's1' })).toBe(current)
      expect(await reports().find(connector, { udid: 'U-1' })).toBe(old)
      expect(await reports().find(connector, { externalId: 'old', serial: 'S1' })).toBe(old)
      expect(await reports().find(connector, { serial: 'none' })).toBeNull()
      expect(await reports().find(connector, {})).toBeNull()
      expect(await reports().find(await backing.addConnector(), { serial: 'S1' })).toBeNull()
    })

    test('a user is disabled on all devices of theirs, and the next user of one is not', async () => {
      const [one, two, other] = await tell(
        { externalId: '1', userId: 'u1', userEmail: 'Ada@example.com' },
        { externalId: '2', userEmail: 'ada@example.com' },
        { externalId: '3', userId: 'u3' },
      )
      later(1)
      expect(await reports().reportUser(mdm, connector, { id: 'u1', email: 'ADA@example.com' }, true)).toBe(2)
      expect(await reports().reportUser(mdm, connector, { email: 'ada@example.com' }, true)).toBe(2)
      expect(await backing.events(one ?? '')).toEqual(['known', 'user_disabled'])
      expect((await backing.device(two ?? '')).userDisabled).toBe(true)
      expect((await backing.device(other ?? '')).userDisabled).toBe(false)
      await tell({ externalId: '1', userId: 'u2', userEmail: 'grace@example.com' })
      expect((await backing.device(one ?? '')).userDisabled).toBe(false)
      expect(await reports().reportUser(mdm, connector, {}, true)).toBe(0)
    })

    test('a report without an id is refused, and nothing of its page is taken in', async () => {
      await expect(tell({ externalId: '1' }, { externalId: ' ' })).rejects.toMatchObject({ code: 'invalid_input' })
      expect(await backing.devices(connector)).toBe(0)
    })
  })
}

/** What an administrator's word about a smaller inventory promises: run on the store in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import { createDeviceReports } from '@/lib/services/device-reports'
import type { DeviceReport } from '@/lib/services/device-types'
import { createInventoryReadings } from '@/lib/services/inventory-readings'
import type { MdmConnector } from '@/lib/services/mdm-connector-types'
import type { DeviceReportBacking } from './device-report-contract'
import { actor } from './harness'

const mdm = systemActor('job', 'sync-devices')
const admin = actor('admin')

export function inventoryReadingContract(name: string, open: () => Promise<DeviceReportBacking>): void {
  describe(`${name}: readings of an inventory`, () => {
    let backing: DeviceReportBacking
    let connector: string
    let now: Date
    const later = (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1_000)
    }
    const reports = () => createDeviceReports({ store: backing.store, clock: () => now })
    const readings = () =>
      createInventoryReadings({
        store: backing.readings,
        rows: {
          connectorBySlug: async (slug) =>
            slug === 'jamf' ? ({ id: connector, slug, name: 'Jamf Pro' } as MdmConnector) : null,
        },
      })
    const begin = async (...ids: number[]) => {
      later(60)
      const id = await reports().beginSync(connector)
      later(1)
      const said = ids.map((each): DeviceReport => ({ externalId: `id-${each}`, management: 'managed' }))
      await reports().reportPage(id, mdm, connector, said)
      later(1)
      return id
    }
    const end = (id: string) => reports().endSync(id, mdm, connector)
    const read = async (...ids: number[]) => end(await begin(...ids))
    const last = () => readings().last(admin, 'jamf')
    const lastId = async () => (await last())?.id ?? ''
    const managed = async (...ids: number[]) => {
      const states: string[] = []
      for (const each of ids) {
        const id = await reports().find(connector, { externalId: `id-${each}` })
        states.push((await backing.device(id ?? '')).management)
      }
      return states
    }

    beforeEach(async () => {
      now = new Date('2026-11-23T12:00:00Z')
      backing = await open()
      connector = await backing.addConnector()
    })
    afterEach(() => backing.close())

    test('the last one is told with what it saw', async () => {
      expect(await last()).toBeNull()
      const first = await begin(1, 2)
      expect(await last()).toBeNull()
      await end(first)
      const [startedAt, finishedAt] = [new Date(now.getTime() - 2_000), now]
      const told = { id: first, startedAt, finishedAt, seen: 2, missing: 0, whole: true, before: null }
      expect(await last()).toEqual(told)
      await begin(1)
      await begin(1)
      expect(await last()).toEqual(told)
    })

    test('one that saw too few is told with both figures, whatever begins or breaks off after it', async () => {
      await read(1, 2, 3, 4, 5)
      const few = await begin(1, 2)
      await end(few)
      const told = { id: few, seen: 2, missing: 3, whole: false, before: 5 }
      expect(await last()).toMatchObject(told)
      await begin(1)
      await begin(1)
      expect(await last()).toMatchObject(told)
      await read(1, 2, 3, 4)
      expect(await last()).toMatchObject({ whole: true, seen: 4 })
    })

    test('once it is accepted, what the next reading does not see either is removed, and nothing else is', async () => {
      await read(1, 2, 3, 4, 5)
      await read(1, 2)
      const id = await lastId()
      const accepted = await readings().accept(admin, 'jamf', id)
      expect(accepted).toEqual(await last())
      expect(accepted).toMatchObject({ id, whole: true, seen: 2, before: null })
      expect(await managed(1, 2, 3, 4, 5)).toEqual(['managed', 'managed', 'managed', 'managed', 'managed'])
      expect(await read(1, 2, 3)).toEqual({ seen: 3, missing: 2, complete: true })
      expect(await managed(1, 2, 3, 4, 5)).toEqual(['managed', 'managed', 'managed', 'removed', 'removed'])
      expect(await backing.audit()).toEqual([
        { type: 'connector.inventory_accepted', data: { reading: id, seen: 2, missing: 3, before: 5 } },
      ])
    })

    test('later ones are measured against it: one that lost a fifth of it removes nothing', async () => {
      await read(1, 2, 3, 4, 5)
      await read(1, 2, 3)
      await readings().accept(admin, 'jamf', await lastId())
      expect(await read(1, 2)).toEqual({ seen: 2, missing: 3, complete: false })
      expect(await managed(3, 4, 5)).toEqual(['managed', 'managed', 'managed'])
      expect(await last()).toMatchObject({ seen: 2, before: 3 })
    })

    test('what was told of or seen since it began is not removed for it', async () => {
      await read(1, 2, 3, 4, 5)
      await read(1, 2)
      later(5)
      await reports().report(mdm, connector, [{ externalId: 'id-3', management: 'managed' }], 'event')
      const running = await begin(1, 2, 4)
      await readings().accept(admin, 'jamf', await lastId())
      expect(await end(running)).toEqual({ seen: 3, missing: 2, complete: true })
      expect(await managed(3, 4, 5)).toEqual(['managed', 'managed', 'removed'])
      await read(1, 2, 3)
      expect(await managed(3, 4)).toEqual(['managed', 'managed'])
    })

    test.each([
      ['a later one that saw too few', [1]],
      ['a later one that is whole', [1, 2, 3, 4, 5]],
    ])('it is not accepted after %s', async (_, ids) => {
      await read(1, 2, 3, 4, 5)
      await read(1, 2)
      const before = await lastId()
      const event = { type: 'connector.inventory_accepted', outcome: 'success', actor: admin } as const
      await read(...ids)
      await expect(readings().accept(admin, 'jamf', before)).rejects.toMatchObject({ code: 'conflict' })
      // As when it came between the look and the word.
      const late = { ...event, object: { type: 'connector', id: connector } } as const
      expect(await backing.readings.accept({ id: before, connectorId: connector }, { mostMisses: 2 }, [late])).toBe(
        false,
      )
      expect(await backing.audit()).toEqual([])
    })

    test('it is accepted once, and never for another connector', async () => {
      await read(1, 2, 3, 4, 5)
      await read(1, 2)
      const id = await lastId()
      const other = await backing.addConnector()
      expect(await backing.readings.accept({ id, connectorId: other }, { mostMisses: 2 }, [])).toBe(false)
      await readings().accept(admin, 'jamf', id)
      await expect(readings().accept(admin, 'jamf', id)).rejects.toMatchObject({ reason: 'reading_whole' })
      expect(await backing.audit()).toHaveLength(1)
    })

    test('a reading that saw no device is never accepted', async () => {
      await read(1, 2, 3)
      await read()
      expect(await last()).toMatchObject({ seen: 0, before: 3 })
      const id = await lastId()
      await expect(readings().accept(admin, 'jamf', id)).rejects.toMatchObject({ reason: 'reading_empty' })
      expect(await backing.readings.accept({ id, connectorId: connector }, { mostMisses: 2 }, [])).toBe(false)
    })

    test('administrators accept, everybody else looks', async () => {
      await read(1, 2, 3)
      await read(1)
      const id = await lastId()
      for (const role of ['operator', 'auditor'] as const) {
        expect(await readings().last(actor(role), 'jamf')).toEqual(await last())
        await expect(readings().accept(actor(role), 'jamf', id)).rejects.toMatchObject({ code: 'forbidden' })
      }
      await expect(readings().last(admin, 'none')).rejects.toMatchObject({ code: 'not_found' })
      expect(await backing.audit()).toEqual([])
    })
  })
}

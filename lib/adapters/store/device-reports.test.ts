/** What MDMs say about devices: in memory and on Postgres alike; and what only a database can promise. */
import { expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { systemActor } from '@/lib/services/actor'
import { createDeviceReports } from '@/lib/services/device-reports'
import type { DeviceReport } from '@/lib/services/device-types'
import { type DeviceReportBacking, deviceReportContract } from '@/lib/services/testing/device-report-contract'
import { memoryDeviceReportStore } from '@/lib/services/testing/device-report-store'
import { inventoryReadingContract } from '@/lib/services/testing/inventory-reading-contract'
import { openDatabase } from './database'
import { deviceReportStore } from './device-reports'
import { hookMessageStore } from './hook-messages'
import { inventoryReadingStore } from './inventory-readings'
import { addConnector } from './testing/mdm-rows'

const mdm = systemActor('job', 'sync-devices')

deviceReportContract('in memory', async () => inMemory())
deviceReportContract('on Postgres', onPostgres)
inventoryReadingContract('in memory', async () => inMemory())
inventoryReadingContract('on Postgres', onPostgres)

function inMemory(): DeviceReportBacking {
  const { store, readings, rows, events, audit } = memoryDeviceReportStore()
  return {
    store,
    readings,
    addConnector: async () => crypto.randomUUID(),
    device: async (id) => {
      const row = rows.find((each) => each.id === id)
      if (row === undefined) throw new Error(`no device ${id}`)
      return row
    },
    devices: async (connectorId) => rows.filter((row) => row.connectorId === connectorId).length,
    events: async (deviceId) => events.filter((event) => event.deviceId === deviceId).map(({ kind }) => kind),
    audit: async () => audit.map(({ type, data }) => ({ type, ...(data && { data }) })),
    close: async () => {},
  }
}

async function onPostgres() {
  const { url, drop } = await testDatabase()
  const database = openDatabase(url)
  return {
    database,
    store: deviceReportStore(database),
    readings: inventoryReadingStore(database),
    addConnector: () => addConnector(database),
    device: (id: string) => database.device.findUniqueOrThrow({ where: { id } }),
    devices: (connectorId: string) => database.device.count({ where: { connectorId } }),
    events: async (deviceId: string) =>
      (await database.deviceEvent.findMany({ where: { deviceId }, orderBy: { at: 'asc' } })).map(({ kind }) => kind),
    audit: async () => {
      const rows = await database.auditEvent.findMany({ orderBy: { seq: 'asc' }, select: { payload: true } })
      return rows.map(({ payload }) => {
        const { type, data } = JSON.parse(Buffer.from(payload).toString())
        return { type, data }
      })
    },
    close: async () => {
      await database.$disconnect()
      await drop()
    },
  }
}

test('two callers who tell of the same new devices at once make each of them once', async () => {
  const backing = await onPostgres()
  try {
    const connector = await backing.addConnector()
    const reports = createDeviceReports({ store: backing.store, clock: () => new Date() })
    const said = Array.from(
      { length: 40 },
      (_, number): DeviceReport => ({ externalId: `id-${number}`, serial: `S${number}` }),
    )
    const answers = await Promise.all(
      [said, said.toReversed(), said, said.toReversed()].map((page) => reports.report(mdm, connector, page, 'event')),
    )
    expect(answers[1]?.toReversed()).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(await backing.devices(connector)).toBe(40)
    expect(await backing.database.deviceEvent.count()).toBe(40)
  } finally {
    await backing.close()
  }
})

test('what is said of a serial number is about the device that has it now, not about the record that is gone', async () => {
  const backing = await onPostgres()
  try {
    const connector = await backing.addConnector()
    const reports = createDeviceReports({ store: backing.store, clock: () => new Date() })
    const { knownDevice } = hookMessageStore(backing.database)
    for (const serial of ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8']) {
      const said: DeviceReport[] = [
        { externalId: `old-${serial}`, serial, management: 'removed' },
        { externalId: `new-${serial}`, serial, management: 'managed' },
      ]
      await reports.report(mdm, connector, said, 'event')
      expect(await knownDevice(connector, { externalId: null, serial, udid: null })).toBe(`new-${serial}`)
    }
  } finally {
    await backing.close()
  }
})

test('an inventory of any size is read in pages, and read again without a word', async () => {
  const backing = await onPostgres()
  try {
    const connector = await backing.addConnector()
    const reports = createDeviceReports({ store: backing.store, clock: () => new Date() })
    const inventory = Array.from(
      { length: 2_500 },
      (_, number): DeviceReport => ({ externalId: `id-${number}`, serial: `S${number}`, management: 'managed' }),
    )
    for (const _ of [1, 2]) {
      const sync = await reports.beginSync(connector)
      await reports.reportPage(sync, mdm, connector, inventory)
      expect(await reports.endSync(sync, mdm, connector)).toEqual({ seen: 2_500, missing: 0, complete: true })
    }
    expect(await backing.database.deviceEvent.count()).toBe(2_500)
  } finally {
    await backing.close()
  }
})

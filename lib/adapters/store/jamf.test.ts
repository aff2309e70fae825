/** Jamf's events and what is read of devices: in memory and on Postgres alike. */
import { expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { type JamfQueueBacking, jamfQueueContract } from '@/lib/services/testing/jamf-queue-contract'
import { memoryJamfQueue } from '@/lib/services/testing/jamf-stores'
import { openDatabase } from './database'
import { jamfDeviceRows } from './jamf-devices'
import { jamfEventQueue } from './jamf-events'
import { addConnector } from './testing/mdm-rows'

jamfQueueContract('in memory', async () => inMemory())
jamfQueueContract('on Postgres', onPostgres)

function inMemory(): JamfQueueBacking {
  const { queue, rows } = memoryJamfQueue(() => new Date())
  return {
    queue,
    addConnector: async () => crypto.randomUUID(),
    async age(connectorId, minutes) {
      const back = (at: Date) => new Date(at.getTime() - minutes * 60_000)
      for (const row of rows.filter((each) => each.connectorId === connectorId)) {
        row.receivedAt = back(row.receivedAt)
        row.dueAt = back(row.dueAt)
      }
    },
    state: async (id) => rows.find((row) => row.id === id)?.state ?? null,
    close: async () => {},
  }
}

async function onPostgres() {
  const { url, drop } = await testDatabase()
  const database = openDatabase(url)
  return {
    database,
    queue: jamfEventQueue(database),
    addConnector: () => addConnector(database, { kind: 'jamf' }),
    async age(connectorId: string, minutes: number) {
      await database.$executeRaw`
        update jamf_event set received_at = received_at - make_interval(mins => ${minutes}::int), due_at = due_at - make_interval(mins => ${minutes}::int)
        where connector_id = ${connectorId}::uuid`
    },
    state: async (id: string) => (await database.jamfEvent.findUnique({ where: { id } }))?.state ?? null,
    close: async () => {
      await database.$disconnect()
      await drop()
    },
  }
}

test('a device is read by its id, and a connector that was never heard says so', async () => {
  const backing = await onPostgres()
  try {
    const rows = jamfDeviceRows(backing.database)
    const connectorId = await backing.addConnector()
    const [known, unnamed] = [crypto.randomUUID(), crypto.randomUUID()]
    await backing.database.device.createMany({
      data: [
        { id: known, connectorId, externalId: 'computer:17', serial: 'C02EXAMPLE01' },
        { id: unnamed, connectorId },
      ],
    })
    expect([await rows.externalId(known), await rows.externalId(unnamed)]).toEqual(['computer:17', null])
    expect(await rows.externalId(crypto.randomUUID())).toBeNull()
    expect(await rows.certified(connectorId, null, 10)).toEqual([])
    expect(await rows.ofChallenge(crypto.randomUUID())).toBeNull()
    expect(await rows.lastHeard(connectorId)).toBeNull()
  } finally {
    await backing.close()
  }
})

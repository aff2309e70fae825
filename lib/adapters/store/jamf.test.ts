/** Jamf's events and what is read of devices: in memory and on Postgres alike. */
import { expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { type JamfQueueBacking, jamfQueueContract } from '@/lib/services/testing/jamf-queue-contract'
import { memoryJamfQueue } from '@/lib/services/testing/jamf-stores'
import { openDatabase } from './database'
import { jamfDeviceRows } from './jamf-devices'
import { jamfEventQueue } from './jamf-events'
import { addConnector } from './testing/mdm-rows'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

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

test('a challenge that an MDM asked for knows its device, and so does the certificate that came of it', async () => {
  const backing = await postgresEnrolmentBacking()
  try {
    const { database } = backing
    const portal = await enrolmentPortal(backing)
    const rows = jamfDeviceRows(database)
    const connectorId = await addConnector(database, { kind: 'jamf' })
    const device = { id: crypto.randomUUID(), connectorId, externalId: 'computer:17', serial: 'C02EXAMPLE01' }
    await database.device.create({ data: device })
    const request = { endpoint: portal.slug, subject: 'CN=tablet-7,O=Example', mdm: { deviceId: device.id } }
    const { id, challenge } = await portal.challenges.mint(actor('operator'), request)
    const { externalId, serial } = device
    expect(await rows.ofChallenge(id)).toEqual({ connectorId, externalId, serial, udid: null })
    expect(await rows.isGone(device.id)).toBe(false)
    await database.device.update({ where: { id: device.id }, data: { management: 'removed' } })
    expect(await rows.isGone(device.id)).toBe(true)
    await database.device.update({ where: { id: device.id }, data: { management: 'managed' } })
    const unbound = await portal.mint('CN=tablet-8')
    expect(await rows.ofChallenge(unbound.id)).toBeNull()

    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(await rows.certified(connectorId, null, 10)).toEqual([])
    const issued = await database.certificate.findFirstOrThrow({ where: { challengeId: id } })
    await database.deviceCertificate.create({
      data: { certificateId: issued.id, deviceId: device.id, how: 'challenge' },
    })
    const certified = [{ id: device.id, externalId, serial }]
    expect(await rows.certified(connectorId, null, 10)).toEqual(certified)
    expect(await rows.certified(connectorId, device.id, 10)).toEqual([])
    await portal.certificates.revoke(actor('admin'), issued.id, { reason: 'certificateHold' })
    expect(await rows.certified(connectorId, null, 10)).toEqual(certified)
    await database.device.update({ where: { id: device.id }, data: { management: 'removed' } })
    expect(await rows.certified(connectorId, null, 10)).toEqual([])
    await database.device.update({ where: { id: device.id }, data: { management: 'managed' } })
    expect(await rows.certified(connectorId, null, 10)).toEqual(certified)
    await portal.certificates.revoke(actor('admin'), issued.id, { reason: 'keyCompromise' })
    expect(await rows.certified(connectorId, null, 10)).toEqual([])
  } finally {
    await backing.close()
  }
})

test('an endpoint knows which connectors have to vouch for its devices, the disabled ones too', async () => {
  const backing = await postgresEnrolmentBacking()
  try {
    const { database } = backing
    const portal = await enrolmentPortal(backing)
    const lookups = async () => (await backing.enrolment.enrolment.endpoint(portal.slug))?.deviceLookups
    const id = await addConnector(database, { kind: 'jamf', endpoint: portal.slug })
    await addConnector(database, { kind: 'jamf', endpoint: 'another' })
    expect(await lookups()).toEqual([])
    const set = (settings: object) => database.connector.update({ where: { id }, data: settings })
    await set({ settings: { endpoint: portal.slug, lookupBeforeIssuing: true } })
    expect(await lookups()).toEqual([id])
    await set({ disabledAt: new Date() })
    expect(await lookups()).toEqual([id])
    const { challenge } = await portal.mint()
    // Nobody is there to ask: nothing is issued.
    portal.time.now = new Date(portal.time.now.getTime() + 2_000)
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
    await set({ settings: { endpoint: portal.slug, lookupBeforeIssuing: false } })
    portal.time.now = new Date(portal.time.now.getTime() + 2_000)
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  } finally {
    await backing.close()
  }
})

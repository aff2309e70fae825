/** Which certificate is whose, however the two became known, and never by a guess. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemActor } from '@/lib/services/actor'
import { type DevicePortal, devicePortal } from './testing/device-portal'
import { addConnector } from './testing/mdm-rows'

let all: DevicePortal
const INTUNE_ID = '3b1f9c5e-0d7a-4f0e-9c2b-7a51d9f0a001'

beforeEach(async () => {
  all = await devicePortal()
})
afterEach(() => all.close())

test('a certificate is linked by the id that Intune writes into it', async () => {
  const { id } = await all.enrol('Ada', [{ type: 'uri', value: `IntuneDeviceId://${INTUNE_ID}` }])
  const [device] = await all.tell({ externalId: INTUNE_ID.toUpperCase() })
  await all.run()
  expect(await all.deviceOf(id)).toEqual({ deviceId: device, how: 'mdm-id' })
})

test('by serial number or UDID as its name, whichever became known first', async () => {
  const before = await all.enrol('c02example01')
  const [one, two] = await all.tell({ externalId: '1', serial: 'C02EXAMPLE01' }, { externalId: '2', udid: INTUNE_ID })
  await all.run()
  const after = await all.enrol(INTUNE_ID.toUpperCase())
  await all.run()
  expect(await all.deviceOf(before.id)).toEqual({ deviceId: one, how: 'serial' })
  expect(await all.deviceOf(after.id)).toEqual({ deviceId: two, how: 'udid' })
})

test('by the challenge that the MDM had minted for it, before anything that the certificate says', async () => {
  const [one] = await all.tell({ externalId: '1', serial: 'OTHER' }, { externalId: '2', serial: 'S2' })
  const { id, challengeId } = await all.enrol('S2')
  await all.database.challenge.update({ where: { id: challengeId }, data: { deviceId: one ?? null } })
  await all.run()
  expect(await all.deviceOf(id)).toEqual({ deviceId: one, how: 'challenge' })
})

test('a renewal goes with what it renewed, also when that is linked later', async () => {
  const first = await all.enrol('somebody')
  const second = await all.enrol('somebody')
  await all.rewrite(second.id, 'renews_certificate_id', first.id)
  const [device] = await all.tell({ externalId: '1' })
  await all.run()
  expect(await all.deviceOf(second.id)).toBeNull()
  await all.database.challenge.update({ where: { id: first.challengeId }, data: { deviceId: device ?? null } })
  await all.database.device.update({ where: { id: device ?? '' }, data: { linkDue: true } })
  await all.run()
  expect(await all.deviceOf(second.id)).toEqual({ deviceId: device, how: 'renewal' })
})

test('of two devices with one serial number the one whose MDM mints for the endpoint, else none', async () => {
  const other = await addConnector(all.database)
  await all.tell({ externalId: '1', serial: 'TWICE' })
  await all.reports.report(systemActor('job', 'test'), other, [{ externalId: '1', serial: 'TWICE' }], 'event')
  const { id } = await all.enrol('TWICE')
  await all.run()
  expect(await all.deviceOf(id)).toBeNull()
  const mine = await addConnector(all.database, { endpoint: all.group.endpoint.slug })
  const [device] = await all.reports.report(
    systemActor('job', 'test'),
    mine,
    [{ externalId: '1', serial: 'TWICE' }],
    'event',
  )
  await all.run()
  expect(await all.deviceOf(id)).toEqual({ deviceId: device, how: 'serial' })
})

test('a device that is known again under another id comes before the record that is gone', async () => {
  const [, current] = await all.tell(
    { externalId: '1', serial: 'AGAIN', management: 'removed' },
    { externalId: '2', serial: 'AGAIN', management: 'managed' },
  )
  const { id } = await all.enrol('AGAIN')
  await all.run()
  expect(await all.deviceOf(id)).toEqual({ deviceId: current, how: 'serial' })
})

test('a short id of an MDM is no name to go by, and a serial number that changes is looked for again', async () => {
  const { id } = await all.enrol('12')
  const [device] = await all.tell({ externalId: '12' })
  await all.run()
  expect(await all.deviceOf(id)).toBeNull()
  await all.tell({ externalId: '12', serial: '12' })
  await all.run()
  expect(await all.deviceOf(id)).toEqual({ deviceId: device, how: 'serial' })
})

test('each certificate is read once, also one that commits later than a younger one', async () => {
  await all.tell({ externalId: '1', serial: 'LATE' })
  const before = all.portal.time.now
  all.later(20)
  await all.enrol('young')
  await all.run()
  const late = await all.enrol('LATE')
  await all.rewrite(late.id, 'issued_at', before.toISOString())
  await all.run()
  expect(await all.deviceOf(late.id)).not.toBeNull()
  const counted = await all.database.certificateIdentifier.count()
  all.later(3_600)
  await all.run()
  expect(await all.database.certificateIdentifier.count()).toBe(counted)
})

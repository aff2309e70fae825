/** Certificates that should have been renewed are found once, while there is time, and no others. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createOverdueRenewals } from '@/lib/services/overdue-renewals'
import { actor, DAY_MS } from '@/lib/services/testing/harness'
import { overdueRenewalStore } from './overdue-renewals'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const reader = actor('auditor')
let all: DevicePortal

beforeEach(async () => {
  all = await devicePortal()
})
afterEach(() => all.close())

const overdue = () =>
  createOverdueRenewals({ store: overdueRenewalStore(all.database), clock: () => all.portal.time.now })
/** So many days before its end; its life is a year, so its window opens thirty days before. */
const daysBefore = (certificate: { notAfter: Date }, days: number) => {
  all.portal.time.now = new Date(certificate.notAfter.getTime() - days * DAY_MS)
}
const find = async () => {
  const { trail } = await all.portal.trailOf(() => overdue().find(all.portal.time.now))
  return trail.map(({ type }) => type)
}
const listed = async (filter = {}) =>
  (await overdue().list(reader, filter, {})).items.map(({ certificate }) => certificate.subject)
const enrolled = async (name: string) => {
  const { id } = await all.enrol(name)
  return all.database.certificate.findUniqueOrThrow({ where: { id } })
}

test('one is found once, when half of its window is gone', async () => {
  const certificate = await enrolled('tablet')
  daysBefore(certificate, 16)
  expect(await find()).toEqual([])
  daysBefore(certificate, 14)
  expect(await find()).toEqual(['device.renewal_overdue'])
  expect(await find()).toEqual([])
  expect(await listed()).toEqual([certificate.subject])
  expect(await listed({ group: 'staff', search: 'TABL' })).toEqual([certificate.subject])
  expect(await listed({ group: 'nobody' })).toEqual([])
  expect(await overdue().count(reader)).toBe(1)
  const [row] = (await overdue().list(reader, {}, {})).items
  expect(row?.renewableFrom).toEqual(new Date(certificate.notAfter.getTime() - 30 * DAY_MS))
})

test('the window of the endpoint counts', async () => {
  await all.portal.groups.updateEndpoint(actor('admin'), all.group.slug, { renewalWindowDays: 10 })
  const certificate = await enrolled('tablet')
  daysBefore(certificate, 6)
  expect(await find()).toEqual([])
  daysBefore(certificate, 4)
  expect(await find()).toEqual(['device.renewal_overdue'])
})

test('one that was revoked, renewed, replaced or asked for again is not', async () => {
  const [revoked, renewed, replaced, asked] = [
    await enrolled('revoked'),
    await enrolled('renewed'),
    await enrolled('replaced'),
    await enrolled('asked'),
  ]
  await all.portal.certificates.revoke(actor('admin'), revoked.id, { reason: 'superseded' })
  daysBefore(asked, 20)
  const successor = await enrolled('renewed under another name')
  await all.rewrite(successor.id, 'renews_certificate_id', renewed.id)
  await enrolled('replaced')
  const transaction = await all.portal.backing.addTransaction(all.group.endpoint.id, all.portal.time.now)
  await all.database.enrolmentTransaction.update({ where: { id: transaction }, data: { subject: asked.subject } })
  daysBefore(replaced, 5)
  expect(await find()).toEqual([])
  expect(await listed()).toEqual([])
})

test('what is renewed after all is no longer listed, and neither is a device that its MDM removed', async () => {
  const one = await enrolled('S1')
  const two = await enrolled('S2')
  await all.tell({ externalId: '2', serial: 'S2', management: 'removed' })
  await all.run()
  daysBefore(one, 10)
  expect(await find()).toEqual(['device.renewal_overdue'])
  expect(await listed()).toEqual([one.subject])
  await enrolled('S1')
  expect(await listed()).toEqual([])
  expect(await find()).toEqual([])
  expect(await overdue().count(reader)).toBe(0)
  expect(two.revokedAt).toBeNull()
})

test('the list is paged without gaps', async () => {
  const all_ = [await enrolled('a'), await enrolled('b'), await enrolled('c')]
  daysBefore(all_[2] ?? { notAfter: new Date() }, 10)
  await find()
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<ReturnType<typeof overdue>['list']>> = await overdue().list(
      reader,
      {},
      { limit: 2, ...(cursor ? { cursor } : {}) },
    )
    seen.push(...page.items.map(({ certificate }) => certificate.id))
    cursor = page.nextCursor
  } while (cursor)
  expect(seen.sort()).toEqual(all_.map(({ id }) => id).sort())
})

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

const overdue = (more = {}) =>
  createOverdueRenewals({ store: overdueRenewalStore(all.database), clock: () => all.portal.time.now, ...more })
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
  expect(await overdue().count(reader)).toEqual({ count: 1, more: false })
  expect(await overdue().matching(reader, { search: 'tabl' })).toEqual({ count: 1, more: false })
  expect(await overdue().matching(reader, { group: 'nobody' })).toEqual({ count: 0, more: false })
  expect(await overdue().matching(reader, {}, new Date(0))).toEqual({ count: 1, more: false })
  expect(await overdue().matching(reader, {}, all.portal.time.now)).toEqual({ count: 0, more: false })
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
  expect(await overdue().count(reader)).toEqual({ count: 0, more: false })
  expect(two.revokedAt).toBeNull()
})

test('a successor that was taken back is none: its device has to renew once more', async () => {
  const certificate = await enrolled('tablet')
  daysBefore(certificate, 20)
  const successor = await enrolled('tablet under another name')
  await all.rewrite(successor.id, 'renews_certificate_id', certificate.id)
  await all.portal.certificates.revoke(actor('admin'), successor.id, { reason: 'unspecified' })
  daysBefore(certificate, 10)
  expect(await find()).toEqual(['device.renewal_overdue'])
})

test('the job works in pieces, and goes on where it was in the next run', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const certificates = await Promise.all(names.map((name) => enrolled(name)))
  daysBefore(certificates[4] ?? { notAfter: new Date() }, 10)
  const short = { walk: { piece: 2, pieces: 1 } }
  const run = async () => {
    const { trail } = await all.portal.trailOf(() => overdue(short).find(all.portal.time.now))
    return trail.length
  }
  expect([await run(), await run(), await run(), await run()]).toEqual([2, 2, 1, 0])
  // One is renewed: whichever piece it is in, its turn comes.
  await enrolled('e')
  const open = () => all.database.overdueRenewal.count({ where: { resolvedAt: null } })
  for (let runs = 0; runs < 3; runs += 1) await run()
  expect(await open()).toBe(4)
})

test('two instances at once find each of them once', async () => {
  for (const name of ['a', 'b', 'c']) await enrolled(name)
  daysBefore(await enrolled('d'), 10)
  const short = { walk: { piece: 2, pieces: 9 } }
  const { trail } = await all.portal.trailOf(() =>
    Promise.all([overdue(short).find(all.portal.time.now), overdue(short).find(all.portal.time.now)]),
  )
  expect(trail.map(({ type }) => type)).toEqual(Array(4).fill('device.renewal_overdue'))
})

test.each(['ends', 'found'] as const)('the list is sorted by %s and paged both ways without gaps', async (sort) => {
  const made = [await enrolled('a'), await enrolled('b'), await enrolled('c')]
  daysBefore(made[2] ?? { notAfter: new Date() }, 10)
  await find()
  const moments = made.map(({ id, notAfter }, index) => ({ id, at: new Date(notAfter.getTime() - index * DAY_MS) }))
  for (const { id, at } of moments) {
    await all.rewrite(id, 'not_after', at.toISOString())
    await all.database.overdueRenewal.update({
      where: { certificateId: id },
      data: sort === 'ends' ? { notAfter: at } : { foundAt: at },
    })
  }
  const upwards = moments.reverse().map(({ id }) => id)
  const page = async (more: object) => {
    const { items, ...rest } = await overdue().list(reader, {}, { sort, order: 'asc', limit: 2, ...more })
    return { ids: items.map(({ certificate }) => certificate.id), ...rest }
  }
  const first = await page({})
  expect(first).toMatchObject({ ids: upwards.slice(0, 2), previousCursor: null })
  const second = await page({ cursor: first.nextCursor })
  expect(second).toMatchObject({ ids: upwards.slice(2), nextCursor: null })
  expect((await page({ cursor: second.previousCursor })).ids).toEqual(first.ids)
  expect((await page({ order: 'desc', limit: 9 })).ids).toEqual([...upwards].reverse())
})

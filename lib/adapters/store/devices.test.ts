/** The list of devices: what an MDM knows in the order asked for, then names that belong to none, in pages both ways. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDevices, type DeviceSort, type DevicesService } from '@/lib/services/devices'
import { actor, DAY_MS } from '@/lib/services/testing/harness'
import { deviceStore } from './devices'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const reader = actor('auditor')
let all: DevicePortal
let devices: DevicesService

beforeAll(async () => {
  all = await devicePortal()
  const nothing = { list: () => Promise.reject(new Error('not asked')) }
  const { certificates } = all.portal
  const clock = () => all.portal.time.now
  devices = createDevices({
    store: deviceStore(all.database),
    certificates,
    challenges: nothing,
    transactions: nothing,
    clock,
  })
  const seenAt = (days: number) => new Date(all.portal.time.now.getTime() - days * DAY_MS)
  const names = { serial: 'S-2', udid: 'UDID-OF-B', externalId: 'id-b' }
  await all.tell(
    { externalId: 'id-a', serial: 'S-1', name: 'pad a', lastSeenAt: seenAt(2), management: 'managed' },
    { ...names, name: 'pad b', lastSeenAt: seenAt(1), userEmail: 'grace@example.com', management: 'managed' },
    { externalId: 'id-c', serial: 'S-3', name: 'pad c', management: 'unmanaged' },
  )
  for (const name of ['zoe', 'yan', 'S-1', 'S-3']) await all.enrol(name)
  all.later(DAY_MS / 1_000)
  await all.enrol('S-1')
  await all.run()
})
afterAll(() => all?.close())

const named = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name)
const short = (name: string) => name.replace(/^CN=(\w+).*/, '$1')
const NAMES = ['tablet', 'yan', 'zoe']

test.each<[DeviceSort, 'asc' | 'desc', string[]]>([
  ['name', 'asc', ['pad a', 'pad b', 'pad c', ...NAMES]],
  ['name', 'desc', ['pad c', 'pad b', 'pad a', 'zoe', 'yan', 'tablet']],
  ['seen', 'desc', ['pad b', 'pad a', 'pad c', ...NAMES]],
  ['seen', 'asc', ['pad c', 'pad a', 'pad b', ...NAMES]],
  ['ends', 'asc', ['pad b', 'pad c', 'pad a', ...NAMES]],
  ['ends', 'desc', ['pad a', 'pad c', 'pad b', ...NAMES]],
])('by %s %s, page by page there and back', async (sort, order, expected) => {
  for (const limit of [1, 2, 3]) {
    const there: string[] = []
    const starts: string[] = []
    let cursor: string | null | undefined
    let back: string | null = null
    while (cursor !== null) {
      const page = await devices.list(reader, {}, { sort, order, limit, ...(cursor === undefined ? {} : { cursor }) })
      there.push(...named(page).map(short))
      starts.push(named(page).map(short).join())
      back = page.previousCursor
      cursor = page.nextCursor
    }
    expect(there).toEqual(expected)
    const returned: string[] = []
    while (back !== null) {
      const page = await devices.list(reader, {}, { sort, order, limit, cursor: back })
      returned.unshift(named(page).map(short).join())
      back = page.previousCursor
    }
    expect(returned).toEqual(starts.slice(0, -1))
  }
})

test('what only an MDM knows leaves the names out, whatever the page', async () => {
  expect(named(await devices.list(reader, { state: 'managed' }, { sort: 'seen' }))).toEqual(['pad b', 'pad a'])
  const { nextCursor } = await devices.list(reader, {}, { limit: 4 })
  const page = await devices.list(reader, { state: 'managed' }, { cursor: nextCursor ?? '' })
  expect(page).toEqual({ items: [], nextCursor: null, previousCursor: null })
})

test.each([
  ['AD B', ['pad b']],
  ['s-2', ['pad b']],
  ['GRACE@', ['pad b']],
  ['udid-of-b', ['pad b']],
  ['ID-B', ['pad b']],
  ['udid-of', []],
  ['100%', []],
])('a search for %s finds %j', async (search, expected) => {
  expect(named(await devices.list(reader, { search }, {}))).toEqual(expected)
  expect(await devices.matching(reader, { search })).toEqual({ count: expected.length, more: false })
})

test('a limited operator has the other orders, and none that would show what others issued', async () => {
  const operator = { ...actor('operator'), groups: ['staff'] }
  expect(named(await devices.list(operator, {}, { sort: 'seen' })).map(short)).toEqual(['pad a', 'pad c', ...NAMES])
  await expect(devices.list(operator, {}, { sort: 'ends' })).rejects.toMatchObject({
    code: 'invalid_input',
    reason: 'invalid_sort',
  })
})

test('a cursor that was tampered with is refused, and no fault', async () => {
  const { nextCursor } = await devices.list(reader, {}, { sort: 'seen', limit: 1 })
  const parts = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as string[]
  for (const value of ['yesterday', '2026-13-01T00:00:00.000Z', 'a\0b']) {
    const cursor = Buffer.from(JSON.stringify([...parts.slice(0, 4), value])).toString('base64url')
    await expect(devices.list(reader, {}, { sort: 'seen', cursor })).rejects.toMatchObject({ reason: 'invalid_cursor' })
  }
})

test('the end of the newest certificate is written as it is linked, by whoever links it', async () => {
  const { id } = await all.enrol('nobody')
  const [device = ''] = await all.tell({ externalId: 'id-d' })
  const ends = async () => (await all.database.device.findUniqueOrThrow({ where: { id: device } })).endsAt
  expect(await ends()).toBeNull()
  await all.reports.link(id, device)
  const { notAfter } = await all.database.certificate.findUniqueOrThrow({ where: { id } })
  expect(await ends()).toEqual(notAfter)
})

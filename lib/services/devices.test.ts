/** One device name joins what is known under it; names are listed in order, page by page. */
import { beforeEach, expect, test } from 'vitest'
import { keyOfDevice } from './devices'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking } from './testing/enrolment'
import { actor } from './testing/harness'

const reader = actor('auditor')

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
})

test('a device joins its challenges, attempts and certificates', async () => {
  const { challenge } = await portal.mint('CN=tablet-7,O=Example')
  await (await portal.device({ challenge })).enrol()
  await (await portal.device({ challenge, key: 'ec' })).enrol()
  await portal.mint('CN=other')
  const device = await portal.devices.get(reader, keyOfDevice('CN=tablet-7,O=Example'))
  expect(device).toMatchObject({
    subject: 'CN=tablet-7,O=Example',
    certificates: [{ status: 'valid', renews: null }],
    challenges: [{ state: 'consumed' }],
    transactions: [{ reason: 'challenge_replayed' }, { state: 'issued' }],
  })
})

test.each(['CN=a/b?c#d', 'CN=..', 'CN=\u00e9\u00fc', 'CN=a,OU=b\\+c'])(
  'the name %s survives the URL',
  async (typed) => {
    const { subject } = await portal.mint(typed)
    const key = keyOfDevice(subject)
    expect(key).toMatch(/^[\w-]+$/)
    expect(await portal.devices.get(reader, key)).toMatchObject({ subject, challenges: [{ subject }] })
  },
)

test.each(['', '!', keyOfDevice('CN=nobody'), keyOfDevice('CN=a\0b'), 'Q049YQ=='])('%j is no device', async (key) => {
  await expect(portal.devices.get(reader, key)).rejects.toMatchObject({ code: 'not_found' })
})

test('names are listed in order with their newest certificate, searched and paged', async () => {
  for (const name of ['c', 'a', 'b', 'd']) await portal.mint(`CN=phone-${name}`)
  const { challenge } = await portal.mint('CN=tablet-7,O=Example')
  await (await portal.device({ challenge })).enrol()
  const first = await portal.devices.list(reader, { search: 'PHONE' }, { limit: 3 })
  expect(first.items.map(({ subject, status }) => [subject, status])).toEqual([
    ['CN=phone-a', null],
    ['CN=phone-b', null],
    ['CN=phone-c', null],
  ])
  const rest = await portal.devices.list(reader, { search: 'phone' }, { limit: 3, cursor: first.nextCursor ?? '' })
  expect(rest).toMatchObject({ items: [{ subject: 'CN=phone-d' }], nextCursor: null })
  expect((await portal.devices.list(reader, { search: 'tablet' }, {})).items).toMatchObject([
    { certificates: 1, status: 'valid' },
  ])
  await expect(portal.devices.list(reader, {}, { cursor: '!' })).rejects.toMatchObject({ code: 'invalid_input' })
})

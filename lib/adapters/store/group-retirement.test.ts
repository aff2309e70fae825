/** A retired group lets nobody in, whoever asks at the same instant, and keeps the status of what it issued. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGroupRetirement } from '@/lib/services/group-retirement'
import { actor } from '@/lib/services/testing/harness'
import { groupRetirementStore } from './group-retirement'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const admin = actor('admin')
let all: DevicePortal
let slug: string
const retirement = () =>
  createGroupRetirement({ store: groupRetirementStore(all.database), clock: () => all.portal.time.now })
const enable = (enabled: boolean) => all.portal.groups.updateEndpoint(admin, slug, { enabled })
const events = (type: string) => all.database.auditEvent.count({ where: { type } })

beforeAll(async () => {
  all = await devicePortal()
  slug = all.group.slug
})
afterAll(() => all.close())

test('without the typed name, or by another than an administrator, nothing happens', async () => {
  await expect(retirement().retire(admin, slug, { confirmation: 'yes' })).rejects.toMatchObject({
    code: 'invalid_input',
    fields: { confirmation: expect.any(String) },
  })
  await expect(retirement().retire(actor('operator'), slug, { confirmation: all.group.name })).rejects.toMatchObject({
    code: 'forbidden',
  })
  expect(await retirement().get(admin, slug)).toMatchObject({ retired: null, endpoints: [{}] })
})

test('of two who retire it at once one does, and an endpoint switched on at that instant does not stay on', async () => {
  const { group } = all
  const outcomes = await Promise.allSettled([
    retirement().retire(admin, slug, { confirmation: group.name }),
    enable(true),
    retirement().retire(admin, slug, { confirmation: group.name }),
  ])
  const retired = [outcomes[0], outcomes[2]].filter((outcome) => outcome?.status === 'fulfilled')
  expect(retired).toHaveLength(1)
  expect(await retirement().get(admin, slug)).toMatchObject({
    retired: { by: admin.name },
    endpoints: [],
    pendingChallenges: 0,
  })
  expect([await events('group.retired'), await events('group.reopened')]).toEqual([1, 0])
})

test('none of its endpoints can be switched on, and none is made', async () => {
  await expect(enable(true)).rejects.toMatchObject({ code: 'conflict', reason: 'group_retired' })
  // Other settings of a group that is retired can still be put right.
  await all.portal.groups.updateEndpoint(admin, slug, { challengeTtlMinutes: 30 })
})

test('reopened, its endpoints stay off until each is switched on', async () => {
  expect(await retirement().reopen(admin, slug)).toMatchObject({ retired: null, endpoints: [] })
  await expect(retirement().reopen(admin, slug)).rejects.toMatchObject({ code: 'conflict' })
  await enable(true)
  expect(await retirement().get(admin, slug)).toMatchObject({ endpoints: [{}] })
})

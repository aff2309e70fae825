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

test('reopened, its endpoints stay off until each is switched on, and no challenge of before is good any more', async () => {
  const before = await events('challenge.revoked')
  // Minted at the instant of the retirement, or given back by an enrolment that failed after it.
  const { id } = await all.database.challenge.create({
    data: {
      ...{ id: crypto.randomUUID(), endpointId: all.group.endpoint.id, handleHash: new Uint8Array(32) },
      ...{ expiresAt: new Date(Date.now() + 3_600_000), constraints: {}, subject: 'CN=late' },
      ...{ mintedBy: 'Ada', mintedVia: 'portal' },
    },
  })
  expect(await retirement().reopen(admin, slug)).toMatchObject({ retired: null, endpoints: [] })
  await expect(retirement().reopen(admin, slug)).rejects.toMatchObject({ code: 'conflict' })
  expect(await all.database.challenge.findUnique({ where: { id } })).toMatchObject({ state: 'revoked' })
  expect(await events('challenge.revoked')).toBe(before + 1)
  await enable(true)
  expect(await retirement().get(admin, slug)).toMatchObject({ endpoints: [{}] })
})

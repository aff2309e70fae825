/** What the database keeps as it is, whoever may write. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBreakGlass } from '@/lib/services/break-glass'
import { actor, type Installation, installation } from '@/lib/services/testing/harness'
import { breakGlassStore } from './break-glass'
import { postgresBacking } from './testing/postgres-backing'

const admin = actor('admin')
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let group: Awaited<ReturnType<Installation['createGroup']>>

beforeEach(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  group = await portal.createGroup()
})
afterEach(() => backing.close())

test('a revocation stays on the list that its certificate names', async () => {
  const { database } = backing
  const { id, serial } = await portal.enrol(group.endpoint.id)
  await portal.certificates.revoke(admin, serial, { reason: 'keyCompromise' })
  for (const shard of [null, 2])
    await expect(
      database.$executeRaw`update certificate set crl_shard = ${shard}::int where id = ${id}::uuid`,
    ).rejects.toThrow('never changes')
  await expect(database.$executeRaw`update crl_shard set url = url || 'x'`).rejects.toThrow('never changes')
  await expect(database.$executeRaw`update certificate set revoked_at = null where id = ${id}::uuid`).rejects.toThrow(
    'a revocation is final',
  )
})

test('an issuer that is revoked stays so', async () => {
  const { database } = backing
  const breakGlass = createBreakGlass({
    store: breakGlassStore(database),
    audit: { record: async () => {} },
    rollover: { replace: () => Promise.reject(new Error('not asked for')) },
    clock: () => portal.time.now,
  })
  await breakGlass.revokeIssuer(admin, 'staff', { reason: 'cACompromise', confirmation: 'Staff' })
  for (const status of ['active', 'retired', 'staged'])
    await expect(
      database.$executeRaw`update authority set status = ${status} where id = ${group.issuer.id}::uuid`,
    ).rejects.toThrow('stays so')
  await database.$executeRaw`update authority set crl_due_since = now() where id = ${group.issuer.id}::uuid`
})

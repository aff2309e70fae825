/** The stores of trust pages: in memory and on Postgres alike; and what only rollover leaves behind. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installation, memoryBacking } from '@/lib/services/testing/harness'
import { trustContract } from '@/lib/services/testing/trust-contract'
import { postgresBacking } from './testing/postgres-backing'

trustContract('in memory', async () => memoryBacking())
trustContract('on Postgres', postgresBacking)

let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
})
afterAll(() => backing?.close())

test('an authority whose own certificate is revoked, or not signed yet, is not shown', async () => {
  const { issuer } = await portal.createGroup()
  const shown = async () => (await portal.stores.trust.authorities('staff'))?.map(({ kind }) => kind)
  expect((await shown())?.sort()).toEqual(['issuer', 'root'])
  await backing.database.certificate.update({
    where: { id: issuer.certificateId },
    data: { revokedAt: portal.time.now, revocationReason: 'keyCompromise' },
    select: { id: true },
  })
  expect(await shown()).toEqual(['root'])
  const other = await portal.createGroup('Guests')
  await backing.database.authority.update({
    where: { id: other.issuer.id },
    data: { certificateDer: null },
    select: { id: true },
  })
  expect((await portal.stores.trust.authorities('guests'))?.map(({ kind }) => kind)).toEqual(['root'])
})

test('an issuer that is staged says when it takes over', async () => {
  const { issuer } = await portal.createGroup('Printers')
  const activatesAt = new Date('2027-03-01T00:00:00Z')
  await backing.database.authority.update({
    where: { id: issuer.id },
    data: { status: 'staged', activatesAt },
    select: { id: true },
  })
  const records = await portal.stores.trust.authorities('printers')
  expect(records?.find(({ kind }) => kind === 'issuer')).toMatchObject({ status: 'staged', activatesAt })
})

/** Effective status and bulk revocation: in memory and on Postgres alike; and what only a database can promise. */
import { expect, test } from 'vitest'
import { CHANGEABLE } from '@/lib/services/bulk-selection'
import { revocationEvent } from '@/lib/services/revocation'
import { actor, DAY_MS, installation, memoryBacking, NOON, newDevice } from '@/lib/services/testing/harness'
import { revocationContract } from '@/lib/services/testing/revocation-contract'
import { postgresBacking } from './testing/postgres-backing'

revocationContract('in memory', async () => memoryBacking())
revocationContract('on Postgres', postgresBacking)

test('a batch that ends before its events are written has changed nothing, and is done again', async () => {
  const portal = installation(await postgresBacking())
  try {
    await portal.setUp()
    const { endpoint } = await portal.createGroup()
    for (const name of ['a', 'b', 'c']) await portal.enrol(endpoint.id, newDevice(name))
    const operator = actor('operator')
    const { id } = await portal.bulkRevocations.confirm(operator, {
      selection: { filter: { group: 'staff' } },
      action: 'revoke',
      reason: 'superseded',
      expect: 3,
      confirmation: null,
    })
    const moment = { now: NOON, expiringBefore: new Date(NOON.getTime() + 30 * DAY_MS) }
    let told = 0
    const batch = portal.stores.bulkRevocations.work(id, 3, moment, CHANGEABLE, {
      changed(bulk, facts) {
        told += 1
        if (told === 3) throw new Error('cut off')
        return revocationEvent(bulk.requestedBy, facts, { reason: 'superseded', comment: null, invalidityDate: null })
      },
      finished: () => {
        throw new Error('not reached')
      },
    })
    await expect(batch).rejects.toThrow('cut off')
    expect(await portal.bulkRevocations.get(operator, id)).toMatchObject({ state: 'running', done: 0, skipped: 0 })
    expect((await portal.certificates.list(operator, { status: 'valid' }, {})).items).toHaveLength(3)
    await portal.bulkRevocations.advance()
    const trail = await portal.backing.trail()
    expect(trail.filter(({ type }) => type === 'certificate.revoked')).toHaveLength(3)
    expect(await portal.bulkRevocations.get(operator, id)).toMatchObject({ state: 'finished', done: 3 })
  } finally {
    await portal.backing.close()
  }
})

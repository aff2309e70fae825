/** What the palette and the diagnostics ask of the database itself. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installation } from '@/lib/services/testing/harness'
import { diagnosticStore } from './diagnostics'
import { jobStore } from './jobs'
import { searchStore } from './search'
import { postgresBacking } from './testing/postgres-backing'

let backing: Awaited<ReturnType<typeof postgresBacking>>
let endpointId: string

beforeAll(async () => {
  backing = await postgresBacking()
  const portal = installation(backing)
  await portal.setUp()
  endpointId = (await portal.createGroup()).endpoint.id
})
afterAll(() => backing.close())

test('a transaction is found by the whole id that its device chose, the newest first', async () => {
  const add = async (transactionId: string, createdAt: string) => {
    const id = randomUUID()
    await backing.database.enrolmentTransaction.create({
      data: {
        id,
        endpointId,
        transactionId: Buffer.from(transactionId),
        createdAt: new Date(createdAt),
        state: 'refused',
      },
    })
    return id
  }
  const older = await add('AB:CD%', '2026-03-01T12:00:00Z')
  const newer = await add('AB:CD%', '2026-03-02T12:00:00Z')
  await add('AB:CD', '2026-03-03T12:00:00Z')
  const store = searchStore(backing.database)
  expect(await store.transactionsNamed('AB:CD%', {}, 5)).toEqual([newer, older])
  expect(await store.transactionsNamed('AB:CD%', {}, 1)).toEqual([newer])
  expect(await store.transactionsNamed('ab:cd%', {}, 5)).toEqual([])
  expect(await store.transactionsNamed('AB:CD%', { groups: [] }, 5)).toEqual([])
})

test('the diagnostics know tables, migrations and jobs, and not what a job said when it failed', async () => {
  const jobs = jobStore(backing.database)
  const at = new Date('2026-03-01T12:00:00Z')
  const claim = {
    name: 'fragile',
    by: 'one',
    now: at,
    until: new Date(at.getTime() + 60_000),
    nextRunAt: at,
    early: true,
  }
  await jobs.claim(claim)
  await jobs.finish({ name: 'fragile', by: 'one', at, error: 'Error: no way to wombat' })
  const facts = await diagnosticStore(backing.database).facts()
  expect(facts.version).toContain('PostgreSQL')
  expect(facts.migrations.length).toBeGreaterThan(0)
  expect(facts.tables.find(({ name }) => name === 'certificate')).toMatchObject({ bytes: expect.any(Number) })
  expect(facts.jobs).toEqual([{ name: 'fragile', nextRunAt: at, lastRunAt: at, failed: true }])
  expect(JSON.stringify(facts)).not.toContain('wombat')
})

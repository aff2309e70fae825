/** The job table on Postgres: of many claims at one instant one succeeds. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type Database, openDatabase } from './database'
import { jobStore } from './jobs'

let own: TestDatabase
let database: Database
const now = new Date('2026-11-23T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)

beforeAll(async () => {
  own = await testDatabase()
  database = openDatabase(own.url)
})

afterAll(async () => {
  await database.$disconnect()
  await own.drop()
})

const claim = (by: string, at: Date, early = false) =>
  jobStore(database).claim({
    name: 'count',
    by,
    now: at,
    until: new Date(at.getTime() + 15_000),
    nextRunAt: new Date(at.getTime() + 1_000),
    early,
  })

test('a job is claimed once, again when it is due, and early only when asked', async () => {
  const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => claim(`instance-${index}`, now)))
  expect(claims.filter(Boolean)).toHaveLength(1)
  const by = `instance-${claims.indexOf(true)}`
  expect(await claim('late', after(2))).toBe(false) // still held
  expect(await jobStore(database).extend({ name: 'count', by: 'late', until: after(60) })).toBe(false)
  expect(await jobStore(database).extend({ name: 'count', by, until: after(20) })).toBe(true)
  await jobStore(database).finish({ name: 'count', by, at: now, error: 'no signer' })
  expect(await database.job.findUnique({ where: { name: 'count' } })).toMatchObject({
    claimedBy: null,
    lastRunAt: now,
    lastError: 'no signer',
  })
  expect(await claim('next', after(0.5))).toBe(false) // not due
  expect(await claim('next', after(0.5), true)).toBe(true)
  expect(await claim('heir', after(16))).toBe(true) // the claim of a dead instance has ended
})

/** The job table on Postgres: of many claims at one instant one succeeds. */
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
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

test('no claim waits for the disk, granted or refused, and no end of a run', async () => {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  onTestFinished(() => query.mockRestore())
  await claim('granted', after(100))
  await jobStore(database).finish({ name: 'count', by: 'granted', at: after(102), error: null })
  const statements = (query.mock.calls as unknown as [{ text: string; values: unknown[] }][]).map(([each]) => each)
  query.mockRestore()
  expect(statements).toHaveLength(2)
  const client = new pg.Client({ connectionString: own.url })
  await client.connect()
  try {
    for (const { text, values } of statements) {
      for (const [until, rows] of [
        ['-infinity', 1],
        ['infinity', text.includes('insert') ? 0 : 1],
      ] as const) {
        await client.query('begin')
        const due = `update job set claimed_by = 'granted', claimed_until = $1, next_run_at = '-infinity' where name = 'count'`
        await client.query(due, [until])
        expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }])
        expect((await client.query(text, values)).rowCount, text).toBe(rows)
        expect((await client.query('show synchronous_commit')).rows, text).toEqual([{ synchronous_commit: 'off' }])
        await client.query('rollback')
      }
    }
  } finally {
    await client.end()
  }
})

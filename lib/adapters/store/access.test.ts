/** Access on Postgres. */
import { afterAll, beforeAll } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { accessContract } from '@/lib/services/testing/people-contract'
import { accessStore } from './access'
import { auditStore } from './audit'
import { type Database, openDatabase } from './database'

let made: TestDatabase
let db: Database
let owner: Database

beforeAll(async () => {
  made = await testDatabase()
  db = openDatabase(made.url)
  owner = openDatabase(made.adminUrl)
  for (const [slug, name] of [
    ['guests', 'Guests'],
    ['staff', 'Staff'],
  ] as const)
    await owner.group.create({ data: { id: crypto.randomUUID(), slug, name } })
})

afterAll(async () => {
  await db.$disconnect()
  await owner.$disconnect()
  await made.drop()
})

accessContract('Postgres', async () => {
  await owner.$executeRaw`truncate saved_view, session, idempotent_request, api_key_endpoint, api_key_group, api_key, user_group, "user", rate_limit`
  const { seq: start } = await db.auditHead.findUniqueOrThrow({ where: { id: 1 } })
  const rows = () => db.auditEvent.findMany({ where: { seq: { gt: start } }, orderBy: { seq: 'asc' } })
  const text = (payload: Uint8Array) => Buffer.from(payload).toString('utf8')
  return {
    store: accessStore(db),
    record: (entry) => auditStore(db).append([entry]),
    recorded: async () =>
      (await rows()).map(({ payload }) => {
        const { type, outcome, reason } = JSON.parse(text(payload))
        return { type, outcome, ...(reason === undefined ? {} : { reason }) }
      }),
    wholeTrail: async () => (await rows()).map(({ payload }) => text(payload)).join('\n'),
  }
})

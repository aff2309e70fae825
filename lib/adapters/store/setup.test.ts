/** Set-up on Postgres. */
import { randomUUID } from 'node:crypto'
import { afterEach } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { setupContract } from '@/lib/services/testing/setup-contract'
import { type Database, openDatabase } from './database'
import { setupStore } from './setup'

const opened: { db: Database; made: TestDatabase }[] = []

afterEach(async () => {
  for (const { db, made } of opened.splice(0)) {
    await db.$disconnect()
    await made.drop()
  }
})

setupContract('Postgres', async () => {
  const made = await testDatabase()
  const db = openDatabase(made.url)
  opened.push({ db, made })
  return {
    store: setupStore(db),
    async createRoot(_actor, { organisation }) {
      await insertRoot(db, organisation)
      return { id: (await db.authority.findUniqueOrThrow({ where: { slug: 'root' } })).id, slug: 'root' }
    },
    recorded: async () =>
      (await db.auditEvent.findMany({ orderBy: { seq: 'asc' } })).map(({ type, outcome }) => ({ type, outcome })),
    standing: async () => ({
      organisation: (await db.organisation.findUnique({ where: { id: 1 } }))?.name ?? null,
      root: (await db.authority.findUnique({ where: { slug: 'root' } }))?.name ?? null,
      users: (await db.user.findMany()).map((user) => user.email),
    }),
  }
})

/** As far as set-up can see, a row is a root. */
async function insertRoot(db: Database, name: string): Promise<void> {
  const bytes = new Uint8Array(1)
  const root = {
    kind: 'root',
    slug: 'root',
    name,
    keyAlgorithm: 'p384',
    subjectDer: bytes,
    subjectKeyId: bytes,
  } as const
  const made = { id: randomUUID(), keyId: randomUUID(), certificateId: randomUUID() }
  const data = { ...root, ...made, notBefore: new Date(), notAfter: new Date() }
  await db.authority.createMany({ data: [data], skipDuplicates: true })
}

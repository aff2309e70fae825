/** The database roles of a real installation: the one that owns the tables stays with the supervisor. */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { emptyDatabase, type TestDatabase } from '@/e2e/fixtures/database'
import { type Installation, startInstallation } from '@/e2e/fixtures/installation'
import { succeeded } from '@/e2e/fixtures/tampering'

vi.setConfig({ testTimeout: 120_000 })

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** What each process was started with, as the operating system keeps it. */
async function environments({ pid, processes }: Installation): Promise<Record<string, Record<string, string>>> {
  const entries = Object.entries({ supervisor: pid, ...(await processes()) }).map(([name, process]) => {
    const text = readFileSync(`/proc/${process}/environ`, 'utf8')
    return [name, Object.fromEntries(text.split('\0').map((line) => line.split(/=(.*)/s)))]
  })
  return Object.fromEntries(entries)
}

test('the embedded database: the processes work with a role that cannot tamper', async () => {
  const latchkey = await startInstallation()
  const { supervisor: _, ...processes } = await environments(latchkey)
  const urls = new Set(Object.values(processes).map((environment) => environment.DATABASE_URL ?? ''))
  expect(urls.size).toBe(1)
  const secret = readFileSync(join(latchkey.dataDir, 'postgres-owner.password'), 'utf8').trim()
  expect(statSync(join(latchkey.dataDir, 'postgres-owner.password')).mode & 0o777).toBe(0o600)
  expect(JSON.stringify(processes)).not.toContain(secret)
  for (const url of urls) {
    expect(new URL(url).username).toBe('latchkey')
    expect(await connected(url, succeeded)).toEqual([])
  }
  expect(await latchkey.stop()).toBe(0)
})

describe('a database of its own', () => {
  const name = `latchkey_e2e_${randomBytes(4).toString('hex')}`
  const owner = `${name}_owner`
  const password = randomBytes(16).toString('hex')
  let database: TestDatabase

  const admin = (...statements: string[]) =>
    connected(database.adminUrl, async (client) => {
      for (const sql of statements) await client.query(sql)
    })
  const as = (role: string) => {
    const url = new URL(database.adminUrl)
    url.username = role
    url.password = password
    return url.href
  }
  const databaseName = () => new URL(database.adminUrl).pathname.slice(1)

  beforeEach(async () => {
    database = await emptyDatabase()
    // As docs/security-model.md says.
    await admin(
      `create role ${owner} login password '${password}'`,
      `create role ${name} login password '${password}'`,
      `alter database ${databaseName()} owner to ${owner}`,
      `revoke all on database ${databaseName()} from public`,
      `grant connect on database ${databaseName()} to ${name}`,
    )
  })

  afterEach(async () => {
    await database.drop()
    await connected(process.env.LATCHKEY_TEST_DATABASE ?? '', (client) => client.query(`drop role ${name}, ${owner}`))
  })

  test('with separate roles, the processes get one and never the other', async () => {
    const options = { databaseUrl: as(name), env: { DATABASE_MIGRATION_URL: as(owner) } }
    const latchkey = await startInstallation(options)
    const { supervisor, ...processes } = await environments(latchkey)
    expect(JSON.stringify(supervisor)).toContain(owner)
    expect(JSON.stringify(processes)).not.toContain(owner)
    expect(Object.values(processes).map((environment) => environment.DATABASE_URL)).toEqual(Array(3).fill(as(name)))
    expect(await connected(as(name), succeeded)).toEqual([])
    const verdict = await latchkey.cli(['audit', 'verify', '--json'])
    expect([verdict.code, verdict.stderr]).toEqual([0, ''])
    expect(await latchkey.stop()).toBe(0)
  })

  test.each([
    ['in the role of the owner', () => `grant ${owner} to ${name}`, 'could rewrite the audit trail'],
    ['a superuser', () => `alter role ${name} superuser`, 'could rewrite the audit trail'],
  ])('a second role that is %s is refused in one sentence', async (_, sql, sentence) => {
    await admin(sql())
    const options = { databaseUrl: as(name), env: { DATABASE_MIGRATION_URL: as(owner) }, dontWait: true }
    const latchkey = await startInstallation(options)
    expect(await latchkey.ended).toBe(1)
    const last = latchkey.output().trim().split('\n').at(-1)
    expect(last).toMatch(new RegExp(`^The role "${name}" in DATABASE_URL ${sentence}`))
    expect(last).not.toContain(password)
    await latchkey.stop()
  })

  test('two databases, and an owner that cannot sign in, are refused in one sentence', async () => {
    const elsewhere = new URL(as(owner))
    elsewhere.pathname = '/postgres'
    for (const [url, sentence] of [
      [elsewhere.href, 'DATABASE_URL and DATABASE_MIGRATION_URL name different databases'],
      [elsewhere.href.replace('/postgres', '/nowhere'), 'Check DATABASE_MIGRATION_URL.'],
    ] as const) {
      const options = { databaseUrl: as(name), env: { DATABASE_MIGRATION_URL: url }, dontWait: true }
      const latchkey = await startInstallation(options)
      expect(await latchkey.ended).toBe(1)
      expect(latchkey.output()).toContain(sentence)
      expect(latchkey.output()).not.toContain(password)
      await latchkey.stop()
    }
  })
})

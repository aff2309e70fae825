/** Canaries: no key, password, challenge or KEK where it does not belong, whatever was done with the product before. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { startInstallation } from '@/e2e/fixtures/installation'
import { ADMIN, type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'
import { foundInMemory, secretNumbers } from '@/e2e/fixtures/process-memory'
import { Kek, openKey } from '@/lib/adapters/keys/envelope'
import { findKey, openPool } from '@/lib/adapters/keys/key-rows'

const kek = randomBytes(32)
const WRONG_PASSWORD = 'canary wrong password 4711 lantern'

let database: Awaited<ReturnType<typeof testDatabase>>
let portal: Organisation
let staff: GroupCreated
let folder: string
let apiKey: string
const challenges: string[] = []
const answers: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-secrets-'))
  database = await testDatabase()
  portal = await setUp(
    await startInstallation({ databaseUrl: database.url, env: { LATCHKEY_KEK: kek.toString('base64') } }),
  )
  staff = await portal.createGroup('Staff')
  apiKey = await portal.apiKey('operator')
  await enrol('CN=canary-1', 'CN=canary-1')
  await enrol('CN=canary-2', 'CN=somebody-else')
  await enrol('CN=canary-1', 'CN=canary-1', challenges[0])
  await overHttp()
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function enrol(bound: string, asked: string, challenge?: string): Promise<void> {
  const value = challenge ?? (await portal.mint(staff.endpoint.slug, bound)).challenge
  challenges.push(value)
  const name = join(folder, `${challenges.length}`)
  const { scepUrl } = staff.endpoint
  const names = ['--key-out', `${name}.key`, '--cert-out', `${name}.pem`]
  const command = ['enrol', '--url', scepUrl, '--challenge', value, '--subject', asked, ...names, '--json']
  const { stdout, stderr } = await portal.cli(command)
  answers.push(stdout, stderr)
}

/** Every answer of the API that may carry what was minted, and a sign-in that fails. */
async function overHttp(): Promise<void> {
  const { url } = portal
  const authorization = `Bearer ${apiKey}`
  const mint = await fetch(`${url}/api/v1/challenges`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'canary-1' },
    body: JSON.stringify({ endpoint: staff.endpoint.slug, subject: 'CN=canary-3' }),
  })
  const minted = (await mint.json()) as { challenge: string }
  expect(minted.challenge).toMatch(/^[0-9A-F]{32}$/)
  challenges.push(minted.challenge)
  for (const path of ['challenges', 'certificates', 'transactions', 'groups', 'endpoints', 'audit-events', 'nothing']) {
    const response = await fetch(`${url}/api/v1/${path}?limit=100`, { headers: { authorization } })
    answers.push(await response.text())
  }
  const csrf = await fetch(`${url}/api/auth/csrf`)
  const { csrfToken } = (await csrf.json()) as { csrfToken: string }
  const signIn = await fetch(`${url}/api/auth/callback/credentials`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: url,
      cookie: (csrf.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '',
    },
    body: new URLSearchParams({ csrfToken, email: ADMIN.email, password: WRONG_PASSWORD, json: 'true' }),
  })
  answers.push(await signIn.text(), JSON.stringify([...signIn.headers]))
}

function canaries(): Record<string, string> {
  return Object.fromEntries([
    ['KEK', kek.toString('base64')],
    ['KEK in hex', kek.toString('hex')],
    ['password', ADMIN.password],
    ['wrong password', WRONG_PASSWORD],
    ['API key', apiKey],
    ...challenges.map((challenge, index) => [`challenge ${index + 1}`, challenge]),
  ])
}

function holding(text: string): string[] {
  const lower = text.toLowerCase()
  return Object.entries(canaries()).flatMap(([name, value]) => (lower.includes(value.toLowerCase()) ? [name] : []))
}

test('no log holds a secret', () => {
  expect(portal.output().length).toBeGreaterThan(50)
  expect(holding(portal.output())).toEqual([])
})

test('no answer repeats a secret', () => {
  expect(answers.join('').length).toBeGreaterThan(1_000)
  expect(holding(answers.join('\n'))).toEqual([])
})

test('no row of the database holds a secret in the clear', async () => {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows: tables } = await client.query("select tablename from pg_tables where schemaname = 'public'")
  expect(tables.length).toBeGreaterThan(15)
  for (const { tablename } of tables as { tablename: string }[]) {
    const { rows } = await client.query(
      `select coalesce(string_agg(t::text, e'\\n'), '') as text from "${tablename}" t`,
    )
    const text = rows[0].text as string
    // Bytes come as hex: look for the canaries spelled that way too.
    const inHex = Object.entries(canaries()).flatMap(([name, value]) =>
      text.includes(Buffer.from(value).toString('hex')) ? [name] : [],
    )
    expect([...holding(text), ...inHex], tablename).toEqual([])
  }
  await client.end()
})

test.runIf(process.platform === 'linux')('web and front hold no key and no KEK in their memory', async () => {
  const pool = openPool(database.url, () => {})
  const opener = Kek.take(Buffer.from(kek))
  const { rows } = await pool.query<{ id: string }>('select id from key')
  expect(rows.length).toBeGreaterThanOrEqual(3)
  const needles: Buffer[] = [kek, Buffer.from(kek.toString('base64'))]
  for (const { id } of rows) {
    const row = await findKey(pool, id)
    if (row === null) throw new Error('no such key')
    needles.push(...secretNumbers(openKey(row, { ...row, purpose: row.purpose as 'ra' }, opener)))
  }
  await pool.end()
  const { web, front, signer } = await portal.processes()
  expect(foundInMemory(web, needles)).toEqual([])
  expect(foundInMemory(front, needles)).toEqual([])
  expect(foundInMemory(signer, needles).length, 'the same search finds what is there').toBeGreaterThan(0)
})

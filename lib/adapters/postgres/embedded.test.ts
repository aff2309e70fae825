/** The embedded Postgres: made once, shared, stopped by the last user, and unharmed by kills. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openEmbeddedPostgres } from './embedded'
import type { Place } from './placement'
import { isAlive, pause } from './processes'

let folder: string
let place: Place

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latch key's-"))
  await chmod(folder, 0o755)
  place = { dataDir: folder, dataDirChosen: true, runFolder: join(folder, 'run'), say: () => {} }
  await mkdir(place.runFolder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const postmaster = async () => Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10)

test('the first use makes a database that keeps its promises', async () => {
  const postgres = await openEmbeddedPostgres(place)
  const [settings] = await query(
    postgres.url,
    `select current_setting('listen_addresses') as listen, current_setting('data_checksums') as checksums,
            current_setting('synchronous_commit') as commit, (select rolsuper from pg_roles where rolname = current_user) as super`,
  )
  expect(settings).toEqual({ listen: '', checksums: 'on', commit: 'on', super: false })
  for (const name of ['postgres.password', 'postgres-owner.password'])
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  const stranger = new URL(postgres.url)
  stranger.username = 'postgres'
  await expect(query(stranger.href, 'select 1')).rejects.toThrow(/no pg_hba.conf entry/)
  await postgres.release()
})

test('of its two roles one owns everything, the other nothing, and neither is a superuser', async () => {
  const postgres = await openEmbeddedPostgres(place)
  const roles = `select current_user::text as role, pg_get_userbyid(datdba) as owner, (select rolsuper or rolcreaterole or rolcreatedb
                 or rolreplication or rolbypassrls from pg_roles where rolname = current_user) as powerful
                 from pg_database where datname = current_database()`
  const owner = 'latchkey_owner'
  expect(await query(postgres.url, roles)).toEqual([{ role: 'latchkey', owner, powerful: false }])
  expect(await query(postgres.ownerUrl, roles)).toEqual([{ role: owner, owner, powerful: false }])
  for (const sql of [
    'create table mine (n int)',
    'create temporary table mine (n int)',
    'create schema mine',
    `create function pg_temp.mine() returns int language sql as 'select 1'`,
    `set role ${owner}`,
  ])
    await expect(query(postgres.url, sql)).rejects.toThrow('permission denied')
  await postgres.release()
})

test('two users share it, the last one stops it, and a user that was killed does not count', async () => {
  const first = await openEmbeddedPostgres(place)
  const second = await openEmbeddedPostgres(place)
  await writeFile(join(place.runFolder, 'postgres-users', '1-0'), '1 another start time')
  const pid = await postmaster()
  await first.release()
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await second.release()
  expect(isAlive(pid)).toBe(false)
})

test.runIf(process.getuid?.() === 0)('beside one that runs, nobody is asked again whether it can run', async () => {
  const first = await openEmbeddedPostgres(place)
  try {
    vi.stubEnv('PATH', '') // without it there is no id, and no user to be found
    const second = await openEmbeddedPostgres(place)
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await second.release()
    await first.release()
    await expect(openEmbeddedPostgres(place)).rejects.toThrow('could not be created')
  } finally {
    vi.unstubAllEnvs()
  }
})

test('one that was killed is recovered with everything it had committed', async () => {
  const before = await openEmbeddedPostgres(place)
  await query(before.ownerUrl, 'create table kept (value int)')
  await query(before.ownerUrl, 'insert into kept values (7)')
  const pid = await postmaster()
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid)) await pause(20)
  const after = await openEmbeddedPostgres(place)
  expect(await query(after.ownerUrl, 'select value from kept')).toEqual([{ value: 7 }])
  await after.release()
  await before.release()
})

test('one that died under us is started again where it was', async () => {
  const postgres = await openEmbeddedPostgres(place)
  const beside = await openEmbeddedPostgres(place)
  const pid = await postmaster()
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid)) await pause(20)
  await beside.revive()
  await postgres.revive()
  expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await beside.release()
  await postgres.release()
})

test.runIf(process.getuid?.() === 0)(
  'below a private folder that nobody chose it lives elsewhere, and is found there while it runs',
  async () => {
    const own = await mkdtemp(join(tmpdir(), 'latchkey-private-'))
    const dataDir = join(own, 'data')
    const said: string[] = []
    const hidden: Place = {
      dataDir,
      dataDirChosen: false,
      runFolder: join(dataDir, 'run'),
      say: (text) => said.push(text),
    }
    await mkdir(hidden.runFolder, { recursive: true })
    const first = await openEmbeddedPostgres(hidden)
    const home = /kept in (\S+),/.exec(said[0] ?? '')?.[1] ?? ''
    try {
      expect(said).toHaveLength(2)
      const second = await openEmbeddedPostgres(hidden)
      expect(second.url).toBe(first.url)
      expect(new URL(second.url).searchParams.get('host')).toBe(join(home, 'run'))
      expect(said).toHaveLength(2)
      await second.release()
    } finally {
      await first.release()
      await rm(own, { recursive: true })
      await rm(home, { recursive: true, force: true })
    }
  },
)

test('a process id in postmaster.pid that belongs to someone else now does not stand in the way', async () => {
  await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${process.pid}\n${folder}/postgres\n`)
  const postgres = await openEmbeddedPostgres(place)
  await postgres.release()
})

test.each(['postgres.password', 'postgres-owner.password'])(
  'a lost or wrong %s is one sentence, and nothing is left running',
  async (name) => {
    const path = join(folder, name)
    const password = await readFile(path)
    await writeFile(path, 'wrong')
    await expect(openEmbeddedPostgres(place)).rejects.toThrow('The database does not accept the password in')
    await rm(path)
    await expect(openEmbeddedPostgres(place)).rejects.toThrow(`${name} is missing`)
    await writeFile(path, password, { mode: 0o600 })
    await expect(postmaster()).rejects.toThrow('ENOENT')
  },
)

test.runIf(process.getuid?.() === 0)(
  'a chosen data folder below a private one is refused in one sentence',
  async () => {
    const hidden = join(folder, 'private')
    await mkdir(join(hidden, 'data', 'run'), { recursive: true })
    await chmod(hidden, 0o700)
    const refused = openEmbeddedPostgres({
      ...place,
      dataDir: join(hidden, 'data'),
      runFolder: join(hidden, 'data', 'run'),
    })
    await expect(refused).rejects.toThrow(/cannot enter .*private\/data; set LATCHKEY_DATA_DIR/)
  },
)

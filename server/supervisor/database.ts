/** The database of an installation: reached or started, recent enough, and brought up to date by one process at a time. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbeddedPostgres } from '@/lib/adapters/postgres/embedded'
import { applyMigrations } from '@/lib/adapters/store/migrate'
import { canTamper, grantRuntime, missingGrants } from '@/lib/adapters/store/runtime-role'
import type { Settings } from '@/lib/config'
import { StartFault } from './fault'
import { PRISMA_FOLDER } from './folders'

export interface AvailableDatabase {
  /** For the processes. */
  url: string
  /** For migrations; the same where one role does everything. */
  ownerUrl: string
  /** Starts an embedded Postgres again that died under us; does nothing for one that is not ours. */
  revive(): Promise<void>
  release(): Promise<void>
}

const OLDEST_MAJOR = 15
/** Any number, the same in every version: who holds it migrates, everyone else waits. */
const MIGRATION_LOCK = 5_124_881_001

export async function openInstallationDatabase(
  settings: Settings,
  runFolder: string,
  say: (sentence: string) => void,
): Promise<AvailableDatabase> {
  if (settings.databaseUrl) {
    const { databaseUrl: url, databaseMigrationUrl } = settings
    await assertUsable(url, 'DATABASE_URL')
    if (databaseMigrationUrl) await assertUsable(databaseMigrationUrl, 'DATABASE_MIGRATION_URL')
    return { url, ownerUrl: databaseMigrationUrl ?? url, revive: async () => {}, release: async () => {} }
  }
  return openEmbeddedPostgres({ dataDir: settings.dataDir, dataDirChosen: settings.dataDirChosen, runFolder, say })
}

/** Applies what is missing, as the tables' owner, and lets the processes' role in. Instances that start together do it once. */
export async function migrate(
  { url, ownerUrl }: Pick<AvailableDatabase, 'url' | 'ownerUrl'>,
  say: (sentence: string) => void,
): Promise<void> {
  await connected(ownerUrl, async (client) => {
    const role = url === ownerUrl ? null : await runtimeRole(url, client)
    if (!(await isPrepared(client, role))) {
      await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
      await bringUpToDate(client, ownerUrl, say)
      if (role !== null) await grantRuntime(ownerUrl, role)
    }
    // A second role that can do what the first one can would be a promise that is not kept.
    if (role !== null && (await canTamper(client, role)))
      throw new StartFault(
        `The role "${role}" in DATABASE_URL could rewrite the audit trail; make it an ordinary role that owns nothing and is in no other role, or leave DATABASE_MIGRATION_URL out.`,
      )
  })
}

/** Who the processes are in the database, which must be the owner's too. */
async function runtimeRole(url: string, owner: pg.Client): Promise<string> {
  const ask = async (client: pg.Client) => {
    const { rows } = await client.query<{ role: string; place: string }>(
      'select current_user::text as role, concat(current_database(), pg_postmaster_start_time()) as place',
    )
    return rows[0] ?? { role: '', place: '' }
  }
  const ours = await connected(url, ask)
  if (ours.place !== (await ask(owner)).place)
    throw new StartFault(
      'DATABASE_URL and DATABASE_MIGRATION_URL name different databases; only their roles may differ.',
    )
  return ours.role
}

async function isPrepared(client: pg.Client, role: string | null): Promise<boolean> {
  return (await isUpToDate(client)) && (role === null || (await missingGrants(client, role)).length === 0)
}

async function bringUpToDate(client: pg.Client, ownerUrl: string, say: (sentence: string) => void): Promise<void> {
  if (await isUpToDate(client)) return
  say('Preparing the tables ...')
  await forgetInterrupted(client)
  await applyMigrations(ownerUrl, PRISMA_FOLDER)
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Saves the second start from loading the schema engine. */
async function isUpToDate(client: pg.Client): Promise<boolean> {
  if (!(await hasHistory(client))) return false
  const { rows } = await client.query<{ name: string }>(
    'select migration_name as name from _prisma_migrations where finished_at is not null',
  )
  const applied = new Set(rows.map((row) => row.name))
  const folders = await readdir(join(PRISMA_FOLDER, 'migrations'), { withFileTypes: true })
  return folders.every((entry) => !entry.isDirectory() || applied.has(entry.name))
}

async function hasHistory(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ present: boolean }>(
    "select to_regclass('_prisma_migrations') is not null as present",
  )
  return rows[0]?.present === true
}

/**
 * A migration runs as one transaction that also marks it as finished, so one that is not finished did nothing: somebody
 * was killed in the middle. Prisma's engine would refuse to go on.
 */
async function forgetInterrupted(client: pg.Client): Promise<void> {
  if (!(await hasHistory(client))) return
  await client.query('delete from _prisma_migrations where finished_at is null and rolled_back_at is null')
}

async function assertUsable(databaseUrl: string, variable: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const version = Math.floor(
      Number((await client.query('show server_version_num')).rows[0]?.server_version_num) / 10_000,
    )
    if (version < OLDEST_MAJOR)
      throw new StartFault(`The database is PostgreSQL ${version}; Latchkey needs ${OLDEST_MAJOR} or newer.`)
  } catch (error) {
    if (error instanceof StartFault) throw error
    throw new StartFault(
      `The database ${nameOf(databaseUrl, variable)} cannot be used: ${reason(error)}. Check ${variable}.`,
    )
  } finally {
    await client.end().catch(() => {})
  }
}

/** Without user and password: a sentence may end up in a log. */
function nameOf(databaseUrl: string, variable: string): string {
  if (!URL.canParse(databaseUrl)) return `in ${variable}`
  const { pathname, host, searchParams } = new URL(databaseUrl)
  return `"${pathname.slice(1)}" at ${searchParams.get('host') ?? (host || 'localhost')}`
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  const words: Record<string, string> = {
    ECONNREFUSED: 'the connection was refused',
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'no such host',
    ENOENT: 'there is no such socket',
    ETIMEDOUT: 'it does not answer',
    EHOSTUNREACH: 'the host is unreachable',
    '28P01': 'the user or the password is wrong',
    '28000': 'the user may not connect',
    '3D000': 'it does not exist',
    '57P03': 'it is starting up or shutting down',
    '53300': 'it takes no more connections',
  }
  return words[code ?? ''] ?? message?.replace(/\.$/, '') ?? 'it does not answer'
}

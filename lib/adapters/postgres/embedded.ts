/** The Postgres that Latchkey brings along: created at the first start, shared by our processes, stopped by the last. */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Cluster, create, exists, isRunning, start, stop } from './cluster'
import { PostgresFault } from './fault'
import { withFileLock } from './file-lock'
import { type Place, placeCluster } from './placement'
import { register } from './users'

export interface EmbeddedPostgres {
  url: string
  /** Starts it again if it died. */
  revive(): Promise<void>
  /** To be called once, when this process has closed its connections. */
  release(): Promise<void>
}

const NAME = 'latchkey'
/** Nobody but our own role on our own socket; the superuser cannot connect at all. */
const ACCESS = `local ${NAME} ${NAME} scram-sha-256`

export async function openEmbeddedPostgres(place: Place): Promise<EmbeddedPostgres> {
  const cluster = await placeCluster(place)
  const lock = join(place.runFolder, 'postgres.lock')
  const users = join(place.runFolder, 'postgres-users')
  return withFileLock(lock, async () => {
    const password = await passwordFor(place, await exists(cluster))
    if (!(await exists(cluster))) {
      place.say('Preparing the database (once) ...')
      await create(cluster, { hba: ACCESS, statements: firstStatements(password) })
    }
    await start(cluster)
    const leave = register(users)
    const stopIfLast = async () => {
      if (leave().last) await stop(cluster)
    }
    const url = socketUrl(cluster.socketFolder, NAME, password)
    await assertAccess(url, place).catch(async (error) => {
      await stopIfLast()
      throw error
    })
    return { url, revive: () => revive(cluster, lock), release: () => withFileLock(lock, stopIfLast) }
  })
}

async function revive(cluster: Cluster, lock: string): Promise<void> {
  if (!(await isRunning(cluster))) await withFileLock(lock, () => start(cluster))
}

/** Our role is no superuser and owns one database. */
function firstStatements(password: string): string[] {
  return [`CREATE ROLE ${NAME} LOGIN PASSWORD '${password}'`, `CREATE DATABASE ${NAME} OWNER ${NAME}`]
}

async function passwordFor(place: Place, clusterExists: boolean): Promise<string> {
  const path = join(place.dataDir, 'postgres.password')
  const kept = await readFile(path, 'utf8').catch(() => null)
  if (kept) return kept.trim()
  if (clusterExists)
    throw new PostgresFault(
      `The file ${path} is missing: it holds the password of the database beside it; restore it from a backup.`,
    )
  const password = randomBytes(32).toString('base64url')
  await writeFile(path, `${password}\n`, { mode: 0o600 })
  return password
}

async function assertAccess(url: string, place: Place): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } catch (error) {
    const wrong = (error as { code?: string }).code === '28P01'
    throw new PostgresFault(
      wrong
        ? `The database does not accept the password in ${join(place.dataDir, 'postgres.password')}.`
        : `The embedded Postgres does not answer: ${(error as Error).message}.`,
    )
  } finally {
    await client.end().catch(() => {})
  }
}

export function socketUrl(socketFolder: string, name: string, password = ''): string {
  const url = new URL(`postgresql://${name}@localhost/${name}`)
  url.password = password
  url.searchParams.set('host', socketFolder)
  return url.href
}

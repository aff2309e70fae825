/** The Postgres that Latchkey brings along: created at the first start, shared by our processes, stopped by the last. */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { assertVersion, create, exists, isRunning, type RunningCluster, start, stop } from './cluster'
import { PostgresFault } from './fault'
import { withFileLock } from './file-lock'
import { type Place, placeCluster, runningCluster } from './placement'
import { register } from './users'

export interface EmbeddedPostgres {
  /** For the running processes: reads and writes rows, and owns nothing. */
  url: string
  /** For migrations alone: owns the database and its tables. */
  ownerUrl: string
  /** Starts it again if it died. */
  revive(): Promise<void>
  /** To be called once, when this process has closed its connections. */
  release(): Promise<void>
}

const DATABASE = 'latchkey'
const RUNTIME = { role: 'latchkey', file: 'postgres.password' }
const OWNER = { role: 'latchkey_owner', file: 'postgres-owner.password' }
/** Nobody but our own roles on our own socket; the superuser cannot connect at all. */
const ACCESS = [RUNTIME, OWNER].map(({ role }) => `local ${DATABASE} ${role} scram-sha-256`).join('\n')

export async function openEmbeddedPostgres(place: Place): Promise<EmbeddedPostgres> {
  const lock = join(place.runFolder, 'postgres.lock')
  const users = join(place.runFolder, 'postgres-users')
  return withFileLock(lock, async () => {
    const cluster = (await runningCluster(place)) ?? (await placeCluster(place))
    const made = await exists(cluster)
    const password = await passwordFor(RUNTIME.file, place, made)
    const ownerPassword = await passwordFor(OWNER.file, place, made)
    if (cluster.user !== null) {
      if (!made) {
        place.say('Preparing the database (once) ...')
        await create(cluster, { hba: ACCESS, statements: firstStatements(password, ownerPassword) })
      }
      await start(cluster)
    } else await assertVersion(cluster)
    const leave = register(users)
    const stopIfLast = async () => {
      if (leave().last) await stop(cluster)
    }
    const url = socketUrl(cluster.socketFolder, RUNTIME.role, password, DATABASE)
    const ownerUrl = socketUrl(cluster.socketFolder, OWNER.role, ownerPassword, DATABASE)
    try {
      await assertAccess(url, join(place.dataDir, RUNTIME.file))
      await assertAccess(ownerUrl, join(place.dataDir, OWNER.file))
    } catch (error) {
      await stopIfLast()
      throw error
    }
    return { url, ownerUrl, revive: () => revive(cluster, place, lock), release: () => withFileLock(lock, stopIfLast) }
  })
}

/** The one that is in use, whatever has become of the folders since. */
async function revive(cluster: RunningCluster, place: Place, lock: string): Promise<void> {
  if (await isRunning(cluster)) return
  const { folder, socketFolder } = cluster
  await withFileLock(lock, async () =>
    start({ ...(await placeCluster({ ...place, say: () => {} })), folder, socketFolder }),
  )
}

/** Neither role is a superuser. One owns the database; the other may enter it, and gets the rest when there are tables. */
function firstStatements(password: string, ownerPassword: string): string[] {
  return [
    `CREATE ROLE ${OWNER.role} LOGIN PASSWORD '${ownerPassword}'`,
    `CREATE ROLE ${RUNTIME.role} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${OWNER.role}`,
    `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${DATABASE} TO ${RUNTIME.role}`,
  ]
}

async function passwordFor(file: string, place: Place, clusterExists: boolean): Promise<string> {
  const path = join(place.dataDir, file)
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

async function assertAccess(url: string, passwordFile: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } catch (error) {
    const wrong = (error as { code?: string }).code === '28P01'
    throw new PostgresFault(
      wrong
        ? `The database does not accept the password in ${passwordFile}.`
        : `The embedded Postgres does not answer: ${(error as Error).message}.`,
    )
  } finally {
    await client.end().catch(() => {})
  }
}

export function socketUrl(socketFolder: string, role: string, password = '', database = role): string {
  const url = new URL(`postgresql://${role}@localhost/${database}`)
  url.password = password
  url.searchParams.set('host', socketFolder)
  return url.href
}

/** One Postgres cluster in a folder of ours: created, started and stopped with Postgres's own programs. */
import { spawn } from 'node:child_process'
import { appendFile, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Binaries, program } from './binaries'
import { PostgresFault } from './fault'
import type { OperatingSystemUser } from './operating-system-user'
import { commandOf, isAlive, pause } from './processes'

export interface Cluster {
  /** Postgres's own data folder. */
  folder: string
  /** Folder of its Unix socket; it listens nowhere else. */
  socketFolder: string
  binaries: Binaries
  user: OperatingSystemUser
}

/** One that somebody started: it can be used and stopped. */
export type RunningCluster = Omit<Cluster, 'user'>

/** What a new cluster is made of: access rules and the statements of its first moment, before anyone can connect. */
export interface ClusterSeed {
  hba: string
  statements: string[]
}

const STOP_SECONDS = 60
const LAUNCHES = 40
const LOG_LIMIT = 10_000_000

export async function exists(cluster: RunningCluster): Promise<boolean> {
  return (await stat(join(cluster.folder, 'PG_VERSION')).catch(() => null)) !== null
}

export async function isRunning(cluster: RunningCluster): Promise<boolean> {
  return (await readPostmaster(cluster)) !== null
}

/** Whether it takes connections. */
export async function isReady(cluster: RunningCluster): Promise<boolean> {
  return (await readPostmaster(cluster))?.status === 'ready'
}

/** Made beside its place and moved there when complete, so an interrupted first start leaves nothing half done. */
export async function create(cluster: Cluster, seed: ClusterSeed): Promise<void> {
  const draft: Cluster = { ...cluster, folder: `${cluster.folder}.new` }
  await rm(draft.folder, { recursive: true, force: true })
  await ownedFolder(draft.folder, cluster.user)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  await run(draft, 'initdb', [
    '-D',
    draft.folder,
    '--username=postgres',
    '--auth=reject',
    '--data-checksums',
    '--no-instructions',
    ...locale,
  ])
  await appendFile(join(draft.folder, 'postgresql.conf'), "\ninclude 'latchkey.conf'\n")
  await configure(draft)
  if (seed.statements.length > 0)
    await run(
      draft,
      'postgres',
      ['--single', '-D', draft.folder, 'postgres'],
      seed.statements.map((sql) => `${sql}\n`).join(''),
    )
  await writeFile(join(draft.folder, 'pg_hba.conf'), `${seed.hba}\n`)
  await rename(draft.folder, cluster.folder)
}

/** Starts the cluster unless it runs already, and returns when it takes connections, recovery after a crash included. */
export async function start(cluster: Cluster): Promise<void> {
  await assertVersion(cluster)
  await ownedFolder(cluster.socketFolder, cluster.user)
  for (let launches = 0; ; ) {
    const postmaster = await readPostmaster(cluster)
    if (postmaster?.status === 'ready') return
    if (postmaster) await pause(50)
    else await launch(cluster, ++launches)
  }
}

/** Postgres's "fast" shutdown: open transactions end, everything is written. */
export async function stop(cluster: RunningCluster): Promise<void> {
  const postmaster = await readPostmaster(cluster)
  if (!postmaster) return
  process.kill(postmaster.pid, 'SIGINT')
  const patience = Date.now() + STOP_SECONDS * 1000
  while (isAlive(postmaster.pid)) {
    if (Date.now() > patience)
      throw new PostgresFault(`The embedded Postgres (process ${postmaster.pid}) does not stop.`)
    await pause(25)
  }
}

/** pg_ctl lets Postgres outlive us, with its own session: Ctrl-C in the terminal does not reach it. */
async function launch(cluster: Cluster, attempt: number): Promise<void> {
  await configure(cluster)
  // Nobody else uses this folder, so what is in it was left behind; its process id may be someone else's by now.
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock'])
    await rm(join(cluster.socketFolder, name), { force: true })
  const logFrom = await rotateLog(cluster)
  const succeeded = await run(cluster, 'pg_ctl', [
    '-D',
    cluster.folder,
    '-l',
    logFile(cluster),
    '-w',
    '-t',
    '60',
    'start',
  ]).then(
    () => true,
    () => false,
  )
  // Recovery after a crash may take longer than pg_ctl waits.
  if (succeeded || (await readPostmaster(cluster))) return
  const complaint = await lastWords(cluster, logFrom)
  // The workers of a killed server need a moment to notice, and until then hold its shared memory.
  if (!/shared memory block/.test(complaint) || attempt >= LAUNCHES)
    throw new PostgresFault(`The embedded Postgres does not start: ${complaint}`)
  await pause(250)
}

function configure(cluster: Cluster): Promise<void> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: cluster.socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '100',
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Statements carry no secrets, but their parameters might.
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  return writeFile(
    join(cluster.folder, 'latchkey.conf'),
    `# Written by Latchkey at every start.\n${lines.join('\n')}\n`,
  )
}

interface Postmaster {
  pid: number
  status: string
}

/** postmaster.pid as long as the process in it is a Postgres of this folder; a leftover is removed. */
async function readPostmaster(cluster: RunningCluster): Promise<Postmaster | null> {
  const path = join(cluster.folder, 'postmaster.pid')
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (Number.isNaN(pid)) return null
  const command = commandOf(pid)
  if (command?.includes('postgres') && `${command} `.includes(` ${cluster.folder} `))
    return { pid, status: (lines[7] ?? '').trim() }
  await rm(path, { force: true })
  return null
}

/** Data of another major version cannot be opened, and must not be tried. */
export async function assertVersion(cluster: RunningCluster): Promise<void> {
  const made = (await readFile(join(cluster.folder, 'PG_VERSION'), 'utf8')).trim()
  const ours = cluster.binaries.version.split('.')[0]
  if (made !== ours) {
    throw new PostgresFault(
      `The database in ${cluster.folder} was made by PostgreSQL ${made}, and this Latchkey brings PostgreSQL ${ours}; upgrade it first.`,
    )
  }
}

async function ownedFolder(path: string, user: OperatingSystemUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (user.ids) await chown(path, user.ids.uid, user.ids.gid)
}

function logFile(cluster: Cluster): string {
  return join(cluster.folder, 'postgres.log')
}

/** Keeps one old log. Returns where in the file the coming start begins. */
async function rotateLog(cluster: Cluster): Promise<number> {
  const size = (await stat(logFile(cluster)).catch(() => null))?.size ?? 0
  if (size < LOG_LIMIT) return size
  await rename(logFile(cluster), `${logFile(cluster)}.1`)
  return 0
}

async function lastWords(cluster: Cluster, from: number): Promise<string> {
  const text = (await readFile(logFile(cluster)).catch(() => Buffer.alloc(0))).subarray(from).toString()
  const line = text.split('\n').findLast((candidate) => candidate.includes('FATAL:'))
  return line?.replace(/^.*FATAL:\s*/, '') ?? `see ${logFile(cluster)}`
}

/** Runs one of Postgres's programs as its user, with an environment of its own: ours may hold secrets. */
async function run(
  cluster: Cluster,
  name: 'initdb' | 'pg_ctl' | 'postgres',
  args: string[],
  input = '',
): Promise<void> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', NODE_ENV: 'production' as const }
  // Detached, so that Ctrl-C does not interrupt it half way: we stop afterwards.
  const child = spawn(program(cluster.binaries, name), args, {
    ...cluster.user.ids,
    cwd: '/',
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve))
  if (code !== 0)
    throw new PostgresFault(`Postgres's ${name} failed: ${complaint.trim().split('\n').at(-1) ?? `exit code ${code}`}`)
}

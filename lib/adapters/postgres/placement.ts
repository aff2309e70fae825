/** Where the cluster lives: in the data folder, unless Postgres's user cannot get there. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { copyBinaries, findBinaries, program } from './binaries'
import { type Cluster, isReady, type RunningCluster } from './cluster'
import { PostgresFault } from './fault'
import { canEnter, canRun, type OperatingSystemUser, postgresUser } from './operating-system-user'

export interface Place {
  dataDir: string
  /** Whether somebody named the data folder; nothing of it is kept elsewhere then. */
  dataDirChosen: boolean
  /** Short, for Unix sockets. */
  runFolder: string
  /** For sentences such as where the database is. */
  say(sentence: string): void
}

/** Everything about the cluster but whether it exists. */
export async function placeCluster(place: Place): Promise<Cluster> {
  const user = postgresUser()
  const home = await homeOf(place, user)
  const shipped = await findBinaries()
  const binaries = canRun(user, program(shipped, 'postgres')) ? shipped : await copyBinaries(shipped, home.folder)
  if (!canRun(user, program(binaries, 'postgres'))) {
    throw new PostgresFault(
      'The embedded Postgres does not run on this machine; set DATABASE_URL to a PostgreSQL server, version 15 or newer.',
    )
  }
  return { folder: join(home.folder, 'postgres'), socketFolder: home.socketFolder, binaries, user }
}

/**
 * The cluster when somebody runs it already: what its user may do was asked when it was started, and six programs less are
 * run for each command beside a server.
 */
export async function runningCluster(place: Place): Promise<(RunningCluster & { user: null }) | null> {
  const home = (await livesElsewhere(place)) ? homeElsewhere(place) : ownHome(place)
  const folder = join(home.folder, 'postgres')
  const cluster = { folder, socketFolder: home.socketFolder, binaries: await findBinaries(), user: null }
  return (await isReady(cluster)) ? cluster : null
}

/** As root alone, in a folder of root's, and never past a cluster in the data folder: nobody else can lay one there for us. */
async function livesElsewhere(place: Place): Promise<boolean> {
  if (place.dataDirChosen || process.getuid?.() !== 0) return false
  if (await stat(join(ownHome(place).folder, 'postgres', 'PG_VERSION')).catch(() => null)) return false
  return (await stat(homeElsewhere(place).folder).catch(() => null))?.uid === 0
}

interface Home {
  folder: string
  socketFolder: string
}

const ownHome = (place: Place): Home => ({ folder: place.dataDir, socketFolder: join(place.runFolder, 'postgres') })

function homeElsewhere(place: Place): Home {
  const folder = join('/var/lib/latchkey', createHash('sha256').update(place.dataDir).digest('hex').slice(0, 12))
  return { folder, socketFolder: join(folder, 'run') }
}

async function homeOf(place: Place, user: OperatingSystemUser): Promise<Home> {
  if (user.ids) await letThrough([place.dataDir, place.runFolder])
  if (canEnter(user, place.dataDir) && canEnter(user, place.runFolder)) return ownHome(place)
  if (place.dataDirChosen) {
    throw new PostgresFault(
      `Postgres runs as the user "${user.name}", who cannot enter ${place.dataDir}; set LATCHKEY_DATA_DIR to a folder outside of private home folders, such as /var/lib/latchkey/data.`,
    )
  }
  const home = homeElsewhere(place)
  const { folder } = home
  await mkdir(folder, { recursive: true, mode: 0o711 })
  await letThrough([folder])
  if (!canEnter(user, folder))
    throw new PostgresFault(
      `Postgres runs as the user "${user.name}", who can enter neither ${place.dataDir} nor ${folder}; set LATCHKEY_DATA_DIR to another folder.`,
    )
  place.say(`The database is kept in ${folder}, because Postgres's user cannot enter ${place.dataDir}.`)
  return home
}

/** Our folders may be passed through, not listed; what is secret in them is readable by us alone. */
async function letThrough(folders: string[]): Promise<void> {
  for (const folder of folders) {
    const { mode } = await stat(folder)
    if ((mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o777) | 0o011)
  }
}

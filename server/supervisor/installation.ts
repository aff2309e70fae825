/** An installation made ready: folders, database, tables. The supervisor and the command line begin alike. */
import { type Config, type Settings, setConfig } from '@/lib/config'
import { migrate, openInstallationDatabase } from './database'
import { prepareFolders } from './folders'
import { type Instance, ownSockets, runningInstance } from './instances'
import { answers } from './probe'

export interface OpenInstallation {
  config: Config
  runFolder: string
  /** Of the role that owns the tables. It goes to no other process and into no file; the demo moves the clock with it. */
  ownerUrl: string
  /** A server that already runs here. */
  running: Instance | undefined
  /** Starts the embedded Postgres again if it died. */
  revive(): Promise<void>
  /** Lets go of the database; an embedded one stops if nobody else uses it. */
  release(): Promise<void>
}

export async function openInstallation(settings: Settings, say: (sentence: string) => void): Promise<OpenInstallation> {
  const runFolder = prepareFolders(settings.dataDir)
  const database = await openInstallationDatabase(settings, runFolder, say)
  try {
    await migrate(database, say)
    const running = await answering(runningInstance(runFolder, database.url))
    const { databaseMigrationUrl: _, ...chosen } = settings
    const config = { ...chosen, databaseUrl: database.url, ...ownSockets(runFolder) }
    setConfig(config)
    const { ownerUrl, revive, release } = database
    return { config, runFolder, ownerUrl, running, revive, release }
  } catch (error) {
    await database.release()
    throw error
  }
}

async function answering(instance: Instance | undefined): Promise<Instance | undefined> {
  return instance && (await answers({ path: instance.signerSocket })) ? instance : undefined
}

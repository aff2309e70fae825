/** The data folder, and in it the run folder for sockets and for the marks of running processes. */
import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartFault } from './fault'

/** sun_path holds 104 bytes on macOS and 108 on Linux; the longest name we append is "postgres/.s.PGSQL.5432.lock". */
const LONGEST_RUN_FOLDER = 70

/** Where the bundles of server/ are, this one included. */
export const BUILD_FOLDER = fileURLToPath(new URL('.', import.meta.url))
export const PROJECT_FOLDER = fileURLToPath(new URL('..', import.meta.url))
export const PRISMA_FOLDER = join(PROJECT_FOLDER, 'prisma')

/** Creates both where missing. Returns the run folder. */
export function prepareFolders(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    const runFolder = runFolderOf(dataDir)
    mkdirSync(runFolder, { recursive: true, mode: 0o700 })
    assertOurs(runFolder)
    return runFolder
  } catch (error) {
    if (error instanceof StartFault) throw error
    throw new StartFault(
      `The data folder ${dataDir} cannot be used (${reason(error)}); make it writable, or set LATCHKEY_DATA_DIR to another folder.`,
    )
  }
}

function runFolderOf(dataDir: string): string {
  const inside = join(dataDir, 'run')
  if (Buffer.byteLength(inside) <= LONGEST_RUN_FOLDER) return inside
  return join(tmpdir(), `latchkey-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`)
}

/** In a folder for everybody, someone else could have made ours before us. */
function assertOurs(runFolder: string): void {
  const entry = lstatSync(runFolder)
  const ours = process.getuid?.() ?? entry.uid
  if (!entry.isDirectory() || entry.uid !== ours)
    throw new StartFault(`${runFolder} belongs to somebody else; remove it.`)
  if ((statSync(runFolder).mode & 0o022) !== 0) chmodSync(runFolder, 0o700)
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  const words: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'read-only file system',
    ENOTDIR: 'not a folder',
    EEXIST: 'not a folder',
    ENOSPC: 'no space left',
  }
  return words[code ?? ''] ?? String(code ?? error)
}

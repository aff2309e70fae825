/** Files that a command writes: never over another one unless told so, never readable by others when secret. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandFault } from './command'

/** Written beside its place and moved there in one step: a full disk leaves no half a key. */
export async function writeNewFile(
  path: string,
  bytes: Uint8Array,
  { mode, force }: { mode: number; force: boolean },
): Promise<void> {
  await refuseExisting(path, force)
  const temporary = `${path}.${process.pid}.new`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw new CommandFault('file', `${path} cannot be written${causeOf(error)}.`)
  }
}

/** Says so before any work is done: a challenge must not be spent for a file that cannot be written. */
export async function refuseExisting(path: string, force: boolean): Promise<void> {
  if (!(await exists(dirname(path)))) throw new CommandFault('file', `There is no folder ${dirname(path)}.`)
  if (!force && (await exists(path))) {
    throw new CommandFault('file', `${path} exists already. Choose another file, or overwrite it with --force.`)
  }
}

export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CommandFault('file', `${path} cannot be read${causeOf(error)}.`)
  }
}

export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw new CommandFault('file', `${path} cannot be read${causeOf(error)}.`)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

function causeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return ': there is no such file'
  if (code === 'EACCES' || code === 'EPERM') return ': permission denied'
  if (code === 'ENOSPC') return ': the disk is full'
  return typeof code === 'string' ? ` (${code})` : ''
}

/** One process at a time does what is in here; a lock whose holder died does not stand in the way. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mark, markHolds, pause } from './processes'

const WAIT = 100

export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!take(path)) await pause(WAIT)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** A hard link appears at once with its content, so nobody ever reads a lock that does not say whose it is. */
function take(path: string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, mark())
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    removeStale(path)
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moved away before it goes: of two that find the same stale lock, the slower one must not remove the faster one's new lock. */
function removeStale(path: string): void {
  const holder = read(path)
  if (holder === null || markHolds(holder)) return
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
    if (read(aside) !== holder) linkSync(aside, path)
  } catch {
    // Somebody else was faster; the next round sees how things stand.
  } finally {
    rmSync(aside, { force: true })
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

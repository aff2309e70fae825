/** Who uses the embedded Postgres right now, so that the last one stops it, even after others were killed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mark, markHolds } from './processes'

let entries = 0

/** Registers this process once more; the function returned takes that back and tells whether nobody is left. */
export function register(folder: string): () => { last: boolean } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const entry = join(folder, `${process.pid}-${entries++}`)
  writeFileSync(entry, mark())
  return () => {
    rmSync(entry, { force: true })
    return { last: living(folder).length === 0 }
  }
}

function living(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const path = join(folder, name)
    if (markHolds(readFileSync(path, 'utf8'))) return true
    rmSync(path, { force: true })
    return false
  })
}

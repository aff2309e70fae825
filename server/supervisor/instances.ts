/** Who runs on this data folder: so that the command line finds the signer of a running server, and sockets of the dead go. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mark, markHolds } from '@/lib/adapters/postgres/processes'

export interface Instance {
  databaseUrl: string
  signerSocket: string
  webSocket: string
  publicUrl: string
  statusUrl: string
}

/** Sockets of this process alone, in a folder closed to others: two servers may share a data folder. */
export function ownSockets(runFolder: string): { signerSocket: string; webSocket: string } {
  const folder = join(runFolder, 'sockets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    signerSocket: join(folder, `signer-${process.pid}.sock`),
    webSocket: join(folder, `web-${process.pid}.sock`),
  }
}

/** Readable by us alone, for it holds the database's password. The function returned takes it back. */
export function announce(runFolder: string, instance: Instance): () => void {
  const path = fileOf(runFolder, process.pid)
  writeFileSync(`${path}.new`, JSON.stringify({ mark: mark(), ...instance }), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return () => rmSync(path, { force: true })
}

/** A server that runs now on this database, if there is one. */
export function runningInstance(runFolder: string, databaseUrl: string): Instance | undefined {
  return instances(runFolder).find((instance) => instance.databaseUrl === databaseUrl)
}

function instances(runFolder: string): Instance[] {
  const folder = join(runFolder, 'instances')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    const { mark: text, ...instance } = readInstance(path)
    if (markHolds(text)) return [instance]
    rmSync(path, { force: true })
    for (const socket of [instance.signerSocket, instance.webSocket]) if (socket) rmSync(socket, { force: true })
    return []
  })
}

function readInstance(path: string): Instance & { mark: string } {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { mark: '', databaseUrl: '', signerSocket: '', webSocket: '', publicUrl: '', statusUrl: '' }
  }
}

function fileOf(runFolder: string, pid: number): string {
  mkdirSync(join(runFolder, 'instances'), { recursive: true, mode: 0o700 })
  return join(runFolder, 'instances', `${pid}.json`)
}

/** The signer's Unix socket: in a folder of its own, which only its owner can enter. */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import type { Signer } from '@/lib/services/signer'
import type { Log } from './log'
import { type Connection, serveConnection } from './signer-connection'
import { EXIT, StartupFault } from './startup-fault'

const MAX_CONNECTIONS = 64
const GRACE_MS = 5_000
/** sun_path on macOS, less its final NUL; Linux has four more. Node would cut a longer path short. */
const MAX_SOCKET_PATH = 103

export interface SignerServer {
  /** Answers what is under way, then hangs up. */
  close(): Promise<void>
}

export async function serveSigner(socketPath: string, signer: Signer, log: Log): Promise<SignerServer> {
  await prepareSocket(socketPath)
  const connections = new Set<Connection>()
  const largeBodies = { bytes: 0 }
  const server = createServer((socket) => {
    const connection = serveConnection(socket, signer, log, largeBodies)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, socketPath)
  // The folder keeps others out already, so nobody can slip in before the mode is set.
  chmodSync(socketPath, 0o600)
  return {
    async close() {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
      const impatience = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, GRACE_MS)
      for (const connection of connections) connection.finish()
      await stopped
      clearTimeout(impatience)
    },
  }
}

/** A folder that others can enter is refused, not repaired: it may be one that they need, such as /tmp. */
async function prepareSocket(socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
    throw new StartupFault(
      `The path of the signer's socket, ${socketPath}, is longer than ${MAX_SOCKET_PATH} bytes: choose a data folder with a shorter path.`,
    )
  }
  const folder = dirname(socketPath)
  const { mode, uid } = attempt(`Cannot make the folder of the signer's socket, ${folder}`, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return lstatSync(folder)
  })
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new StartupFault(
      `The folder of the signer's socket, ${folder}, must belong to the user that runs Latchkey and be closed to others: run chmod 700 on it.`,
    )
  }
  if (await somebodyListens(socketPath)) {
    throw new StartupFault(
      `A signer is listening on ${socketPath} already: another Latchkey runs with this data folder.`,
      EXIT.unavailable,
    )
  }
  rmSync(socketPath, { force: true })
}

/** A socket file that nobody listens on was left by a process that was killed. */
function somebodyListens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const answer = (listening: boolean) => {
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new StartupFault(`Cannot listen on the signer's socket ${socketPath} (${codeOf(error)}).`)),
    )
    server.listen(socketPath, () => resolve())
  })
}

function attempt<T>(sentence: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw new StartupFault(`${sentence} (${codeOf(error)}).`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}

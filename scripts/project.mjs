/** Where things are, and how the scripts speak and run programs. Node's own modules only: nothing is installed yet. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const BUILD = join(ROOT, '.build')

/** What the scripts themselves need of the Node that runs them; everything else runs on the one from node_modules. */
const OLDEST_NODE = [20, 9]

/** The Node that Latchkey brings along; the running one where it is recent enough and ours is missing. */
export function nodeBinary() {
  const ours = join(ROOT, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(ours)) return ours
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  throw new Fault('Node 24 is missing in node_modules; remove that folder and try again.')
}

/** A foreseen failure: one sentence, no stack. */
export class Fault extends Error {}

/** Runs a script's main function; what was foreseen ends as a sentence. */
export async function main(work) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  try {
    if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
      throw new Fault(
        `Latchkey needs Node ${OLDEST_NODE.join('.')} or newer to start; this is ${process.versions.node}.`,
      )
    }
    await work()
  } catch (error) {
    console.error(error instanceof Fault ? error.message : error)
    process.exit(1)
  }
}

/** Surroundings for tools: our own Node first, no secrets, no advertising. */
export function toolEnvironment(more = {}) {
  const { LATCHKEY_KEK, LATCHKEY_KEK_FILE, DATABASE_URL, DATABASE_MIGRATION_URL, NODE_ENV, ...rest } = process.env
  return {
    ...rest,
    PATH: `${join(ROOT, 'node_modules', '.bin')}:${rest.PATH ?? ''}`,
    CHECKPOINT_DISABLE: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    ...more,
  }
}

/** Runs a program quietly; its output is shown only if it fails. */
export function runQuietly(command, args, { env = toolEnvironment(), failure }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.on('error', (error) => reject(new Fault(`${failure} (${error.message})`)))
    child.on('close', (code) => {
      if (code === 0) return resolve(output)
      process.stderr.write(`${output.trimEnd()}\n`)
      reject(new Fault(failure))
    })
  })
}

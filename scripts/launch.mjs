/** Runs one of the bundles on our own Node, in our place: signals go through to it, its exit code comes back. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { BUILD, nodeBinary, ROOT } from './project.mjs'

/**
 * With `held`, the program gets a pipe for its standard input and stops when that closes, which it does however we end.
 * Without, it gets ours.
 */
export function launch(name, args, { held = false, env = {} } = {}) {
  const child = spawn(nodeBinary(), [join(BUILD, `${name}.mjs`), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: [held ? 'pipe' : 'inherit', 'inherit', 'inherit'],
  })
  child.stdin?.on('error', () => {})
  // In a terminal, Ctrl-C reaches the program by itself as well; it takes the second one for the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  if (held) watchNpm(() => child.stdin?.destroy())
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}

/** When npm is killed, its script is adopted by another process and would go on alone. */
function watchNpm(gone) {
  const parent = process.ppid
  if (!process.env.npm_lifecycle_event) return
  setInterval(() => {
    if (process.ppid !== parent) gone()
  }, 1_000).unref()
}

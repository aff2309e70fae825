/** When a process of ours is to stop: Ctrl-C, a polite kill, or the end of whoever started it. */
import { fstatSync } from 'node:fs'

/** Resolves at the first of them. Later ones change nothing: stopping is under way. */
export function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => resolve()
    onSignal(stop)
    if (isHeld()) process.stdin.on('end', stop).on('error', stop).resume()
  })
}

export function onSignal(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** Who starts a process of ours holds the other end of its standard input, and lets go even when killed by SIGKILL. */
function isHeld(): boolean {
  const stdin = fstatSync(0)
  return stdin.isFIFO() || stdin.isSocket()
}

/** Sees from another thread that a request hangs, writes it down and ends the process, which nothing else could. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface Watchdog {
  /** What is about to be sent: kept where the other thread can read it. */
  beforeRound(description: string): void
  stop(): void
}

/** No request takes a second; a machine that is busy with other tests may let one wait for many. */
const HANGS_AFTER_MS = 60_000
const LARGEST = 1 << 20

export function watch(folder: string): Watchdog {
  mkdirSync(folder, { recursive: true })
  const shared = new SharedArrayBuffer(8 + LARGEST)
  const [state, text] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
  const workerData = { shared, file: join(folder, 'fuzz-hang.json'), after: HANGS_AFTER_MS }
  const worker = new Worker(WATCHER, { eval: true, workerData })
  worker.unref()
  const encoder = new TextEncoder()
  return {
    beforeRound(description) {
      const { written } = encoder.encodeInto(description, text)
      Atomics.store(state, 1, written)
      Atomics.add(state, 0, 1)
    },
    stop: () => void worker.terminate(),
  }
}

const WATCHER = `
const { workerData: { shared, file, after } } = require('node:worker_threads')
const { writeFileSync, writeSync } = require('node:fs')
const [state, text] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
let last = -1, since = Date.now()
setInterval(() => {
  const round = Atomics.load(state, 0)
  if (round !== last) { last = round; since = Date.now() }
  if (round === 0 || Date.now() - since < after) return
  writeFileSync(file, Buffer.from(text.slice(0, Atomics.load(state, 1))))
  writeSync(2, 'A request hangs; it is in ' + file + '\\n')
  process.kill(process.pid, 'SIGKILL')
}, 1000)
`

/** What a process under measurement says of itself: peak memory above where it stood, and the longest stall of its loop. */
import { readFileSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

export interface Cost {
  seconds: number
  /** User and system time of this process alone, which other work on the machine does not lengthen. */
  cpuSeconds: number
  /** Megabytes. */
  extraMemory: number
  /** Milliseconds. */
  longestStall: number
}

const RESOLUTION_MS = 1

export async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const probe = startProbe()
  await work()
  return probe.stop()
}

export function startProbe(): { stop(): Promise<Cost> } {
  // The kernel forgets the peak so far.
  writeFileSync('/proc/self/clear_refs', '5')
  const before = status('VmRSS')
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const start = performance.now()
  const cpu = process.cpuUsage()
  return {
    async stop() {
      const seconds = (performance.now() - start) / 1000
      const { user, system } = process.cpuUsage(cpu)
      // A stall is known once the timer behind it has fired.
      await setTimeout(10)
      delay.disable()
      const longestStall = Math.max(0, delay.max / 1e6 - RESOLUTION_MS)
      return {
        seconds,
        cpuSeconds: (user + system) / 1e6,
        extraMemory: (status('VmHWM') - before) / 1024,
        longestStall,
      }
    },
  }
}

/** Kilobytes. */
function status(field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
}

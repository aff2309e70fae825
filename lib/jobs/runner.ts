/** Runs the jobs: each claimed in the database, so that two instances never run one twice in its period. */
import { hostname } from 'node:os'
import type { Job, JobStore } from '@/lib/services/jobs'

export type { Job, JobStore } from '@/lib/services/jobs'

export interface RunningJobs {
  /** Looks at the job now rather than at its next time; a claim held by another instance still stands. */
  poke(name: string): void
  /** Starts nothing new and waits for what is running. */
  stop(): Promise<void>
}

/** A claim outlives its process by this much at most; a long run keeps extending it. */
const CLAIM_MS = 15_000
const EXTEND_EVERY_MS = 5_000
/** An instance looks this often whether another one has dropped a job. */
const LOOK_AT_MOST_EVERY_MS = 30_000
/** A database that is away is asked again at this pace, whatever the period. */
const AFTER_ERROR_MS = 5_000
const MAX_ERROR = 500

export function startJobs(
  jobs: readonly Job[],
  store: JobStore,
  clock: () => Date,
  options: { log?: (line: string) => void; instance?: string } = {},
): RunningJobs {
  const { log = console.error, instance = `${hostname()}:${process.pid}:${crypto.randomUUID().slice(0, 8)}` } = options
  const loops = jobs.map((job) => startLoop(job, store, clock, instance, log))
  return {
    poke: (name) => loops.find((loop) => loop.name === name)?.poke(),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

function startLoop(job: Job, store: JobStore, clock: () => Date, instance: string, log: (line: string) => void) {
  const periodMs = job.everySeconds * 1000
  let stopped = false
  let poked = false
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> | null = null

  function schedule(ms: number): void {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(begin, ms)
  }

  function begin(): void {
    const early = poked
    poked = false
    turn = takeTurn(early).then((pause) => {
      turn = null
      schedule(poked ? 0 : Math.min(pause, LOOK_AT_MOST_EVERY_MS))
    })
  }

  /** Returns how long to wait for the next one. */
  async function takeTurn(early: boolean): Promise<number> {
    try {
      return (await runOnce(job, store, clock, instance, early)) ? periodMs : periodMs / 4
    } catch (error) {
      log(`job ${job.name}: ${messageOf(error)}`)
      return Math.max(periodMs, AFTER_ERROR_MS)
    }
  }

  schedule(0)
  return {
    name: job.name,
    poke() {
      poked = true
      if (turn === null) schedule(0)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await turn
    },
  }
}

/** False when it was not this instance's turn. An error of the job is recorded, then thrown on to be logged. */
async function runOnce(job: Job, store: JobStore, clock: () => Date, by: string, early: boolean): Promise<boolean> {
  const now = clock()
  const { name } = job
  const nextRunAt = new Date(now.getTime() + job.everySeconds * 1000)
  const claimed = await store.claim({ name, by, now, until: claimEnd(now), nextRunAt, early })
  if (!claimed) return false
  const extending = setInterval(() => {
    // A failure is settled by the next one, or by the end of the claim.
    store.extend({ name, by, until: claimEnd(clock()) }).catch(() => {})
  }, EXTEND_EVERY_MS)
  let failure: { error: unknown } | null = null
  try {
    await job.run(now)
  } catch (error) {
    failure = { error }
  } finally {
    clearInterval(extending)
  }
  await store.finish({ name, by, at: clock(), error: failure && messageOf(failure.error) })
  if (failure) throw failure.error
  return true
}

function claimEnd(now: Date): Date {
  return new Date(now.getTime() + CLAIM_MS)
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.replace(/\s+/g, ' ').slice(0, MAX_ERROR)
}

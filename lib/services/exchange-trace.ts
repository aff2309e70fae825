/** The steps of one exchange as they happen, for the flight recorder. Names, hashes and numbers: never a secret. */
import type { Json } from './audit'

export interface Step {
  /** Milliseconds since the request came in. */
  at: number
  /** Stable name such as "message.opened". */
  step: string
  facts: { [key: string]: Json }
}

export interface Trace {
  note(step: string, facts?: { [key: string]: Json }): void
  readonly steps: readonly Step[]
}

const MOST_STEPS = 64

export function createTrace(startedAt: Date, clock: () => Date): Trace {
  const steps: Step[] = []
  return {
    steps,
    note(step, facts = {}) {
      if (steps.length < MOST_STEPS) steps.push({ at: clock().getTime() - startedAt.getTime(), step, facts })
    },
  }
}

/** What a job is, and how two instances agree which of them runs it. */

export interface Job {
  name: string
  everySeconds: number
  run(now: Date): Promise<void>
}

/** Rows of the job table; every verb is one conditional statement. */
export interface JobStore {
  /**
   * Takes the job for one run. False when it is not due yet or another instance has it; `early` ignores the due time,
   * for a job that was poked.
   */
  claim(request: {
    name: string
    by: string
    now: Date
    until: Date
    nextRunAt: Date
    early: boolean
  }): Promise<boolean>
  /** Holds on to a long run. False when the claim was lost. */
  extend(request: { name: string; by: string; until: Date }): Promise<boolean>
  /** Ends the run and lets go; `error` is null after a success. */
  finish(request: { name: string; by: string; at: Date; error: string | null }): Promise<void>
}

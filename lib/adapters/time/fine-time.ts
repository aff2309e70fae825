/**
 * Waiting to a fraction of a millisecond. A timer counts whole ones from wherever the event loop was, so an answer that
 * waits for a timer keeps the fraction that the work before it took, and 2,000 tries tell such fractions apart
 * (npm run bench -- oracle).
 */
import type { FineTime } from '@/lib/services/scep-enrolment'

/** A timer may be late by about as much; what is left is waited out in turns of the event loop, which others share. */
const TIMER_MAY_BE_LATE_MS = 1.5

export const fineTime: FineTime = {
  now: () => performance.now(),
  async pause(milliseconds) {
    const end = performance.now() + milliseconds
    const whole = Math.floor(milliseconds - TIMER_MAY_BE_LATE_MS)
    if (whole > 0) await new Promise((resolve) => setTimeout(resolve, whole))
    while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
  },
}

/** What time does to requests of other servers: a reservation that is never reported about is closed as used up. */
import type { AuditEntry } from './audit'

export interface ValidationUpkeepStore {
  /** reserved for another server → consumed; an event each. Returns how many. */
  closeUnreported(
    minutes: number,
    limit: number,
    closed: (challenge: { id: string; subject: string; slug: string }) => AuditEntry,
  ): Promise<number>
  /** Deletes answers so old that the bytes they belong to are refused as stale. Returns how many. */
  forgetAnswers(hours: number, limit: number): Promise<number>
}

/** What time does to challenges and to requests that nobody works on any more, as the store sees it. */
import type { AuditEntry } from './audit'

export interface ChallengeUpkeepStore {
  /** pending → expired past the end; one event for all of them. Returns how many. */
  expire(limit: number, expired: (count: number, perEndpoint: Record<string, number>) => AuditEntry): Promise<number>
  /**
   * reserved → pending, or expired, where no certificate was even begun; an event each. What is reserved for another
   * server's request stays: that server may be issuing.
   */
  freeAbandoned(
    minutes: number,
    limit: number,
    released: (challenge: { id: string; subject: string; slug: string; state: 'pending' | 'expired' }) => AuditEntry,
  ): Promise<number>
  /** Transactions that nobody works on any more and nobody came back for: received → failed. */
  failInterrupted(minutes: number, limit: number): Promise<number>
  /**
   * Deletes transactions refused or failed so long ago, unless they led to a certificate or an intent of one, and questions
   * answered so long ago. None while its role may not delete.
   */
  forgetTransactions(after: { refusedDays: number; answeredDays: number }, limit: number): Promise<number>
}

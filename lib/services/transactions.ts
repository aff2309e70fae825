/** Enrolment attempts as the portal shows them: what a device asked, and why it got what it got. */
import type { Page } from './audit'
import type { Actor } from './actor'

export interface TransactionView {
  id: string
  state: 'received' | 'issued' | 'refused' | 'failed'
  endpoint: { slug: string; name: string }
  group: { slug: string; name: string }
  subject: string | null
  /** Stable code such as challenge_expired. */
  reason: string | null
  /** The cause in plain words and the next step, for the portal. */
  explanation: string | null
  transactionId: string
  sourceIp: string | null
  userAgent: string | null
  challengeId: string | null
  certificate: { id: string; serial: string } | null
  createdAt: Date
  finishedAt: Date | null
}

export interface TransactionsService {
  list(actor: Actor, filter: { endpoint?: string; group?: string; state?: TransactionView['state'] }, page: { cursor?: string; limit?: number }): Promise<Page<TransactionView>>
}

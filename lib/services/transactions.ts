/** Enrolment attempts as the portal shows them: what a device asked, and why it got what it got. */
import type { Actor } from './actor'
import type { Page } from './audit'
import { explanationOf } from './enrolment-refusals'
import { authorise } from './permissions'

export interface TransactionView {
  id: string
  state: 'received' | 'issued' | 'refused' | 'failed' | 'pending'
  endpoint: { slug: string; name: string }
  group: { slug: string; name: string }
  subject: string | null
  /** Stable code such as challenge_expired. */
  reason: string | null
  /** The cause in plain words and the next step, for the portal. */
  explanation: string | null
  /** What exactly differed or was wrong; technical. */
  detail: string | null
  transactionId: string
  sourceIp: string | null
  userAgent: string | null
  challengeId: string | null
  certificate: { id: string; serial: string } | null
  createdAt: Date
  finishedAt: Date | null
}

export interface TransactionFilter {
  endpoint?: string
  group?: string
  state?: TransactionView['state']
}

export interface TransactionsService {
  list(
    actor: Actor,
    filter: TransactionFilter,
    page: { cursor?: string; limit?: number },
  ): Promise<Page<TransactionView>>
}

export interface TransactionStore {
  /** Newest first, keyset paging. */
  list(
    filter: TransactionFilter,
    page: { cursor?: string; limit: number },
  ): Promise<Page<Omit<TransactionView, 'explanation'>>>
}

const PAGE = { usual: 50, most: 200 }

export function createTransactions({ store }: { store: TransactionStore }): TransactionsService {
  return {
    async list(actor, filter, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'transaction:read')
      const asked = {
        limit: Math.min(Math.max(Math.trunc(limit), 1), PAGE.most),
        ...(cursor === undefined ? {} : { cursor }),
      }
      const { items, nextCursor } = await store.list(filter, asked)
      return { items: items.map((item) => ({ ...item, explanation: explain(item) })), nextCursor }
    },
  }
}

function explain({ state, reason }: Pick<TransactionView, 'state' | 'reason'>): string | null {
  switch (state) {
    case 'issued':
      return null
    case 'received':
      return 'The request is being worked on.'
    case 'pending':
      return 'The request waits for approval. The device asks again by itself.'
    case 'refused':
    case 'failed':
      return reason === null ? null : (explanationOf(reason) ?? `The request was refused: ${reason}.`)
  }
}

/**
 * Rows that two processes may want at the same moment are taken in one order by both. In the order in which requests
 * happen to come in, each of the two could wait for what the other has: Postgres ends one of them, after a second in which
 * all who share its statement wait.
 */
import type { Attempt } from '@/lib/services/enrolment-turns'

/** By what makes two attempts the same (enrolment_transaction_live). */
export function byIdentity(a: Identity, b: Identity): number {
  return (
    Buffer.compare(a.csrSha256, b.csrSha256) ||
    Buffer.compare(a.transactionId, b.transactionId) ||
    compare(a.endpointId, b.endpointId)
  )
}

type Identity = Pick<Attempt, 'endpointId' | 'transactionId' | 'csrSha256'>

export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** Conditions on challenge rows that several statements share; `c` is the row. */
import type { ChallengeState } from '@/lib/services/challenges'
import { Prisma } from './generated/client'

/** A certificate was recorded for it, even if only as an intent: then its challenge is not given back. */
export const hasCertificate = Prisma.sql`exists (select from certificate x where x.challenge_id = c.id and x.state <> 'abandoned')`

/** What is past its end is expired, whether or not the job has been by. */
export const effectiveState = Prisma.sql`(case when c.state = 'pending' and c.expires_at <= now() then 'expired' else c.state::text end)`

/**
 * The same as conditions, in words that indexes know: to them, one that is reserved is pending, so that a reservation
 * moves its row into none of them anew.
 */
export const isPending = Prisma.sql`c.index_state = 'pending' and c.state = 'pending'`
export const isReserved = Prisma.sql`c.index_state = 'pending' and c.state = 'reserved'`

export function hasState(state: ChallengeState): Prisma.Sql {
  if (state === 'pending') return Prisma.sql`(${isPending} and c.expires_at > now())`
  if (state === 'reserved') return Prisma.sql`(${isReserved})`
  if (state === 'expired') return Prisma.sql`(c.index_state = 'expired' or (${isPending} and c.expires_at <= now()))`
  return Prisma.sql`c.index_state = ${state}::"ChallengeState"`
}

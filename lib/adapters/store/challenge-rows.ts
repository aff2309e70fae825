/** Conditions on challenge rows that several statements share; `c` is the row. */
import type { ChallengeState } from '@/lib/services/challenges'
import { Prisma } from './generated/client'

/** A certificate was recorded for it, even if only as an intent: then its challenge is not given back. */
export const hasCertificate = Prisma.sql`exists (select from certificate x where x.challenge_id = c.id and x.state <> 'abandoned')`

/** What is past its end is expired, whether or not the job has been by. */
export const effectiveState = Prisma.sql`(case when c.state = 'pending' and c.expires_at <= now() then 'expired' else c.state::text end)`

/**
 * Challenges that are not consumed, by the table that indexes know them in (ChallengeUnspent in the schema): `u` is the row there, to
 * which one that is reserved is pending, so that a reservation changes nothing in it.
 */
export const UNSPENT = Prisma.sql`challenge_unspent u join challenge c on c.id = u.challenge_id`
export const isPending = Prisma.sql`u.state = 'pending' and c.state = 'pending'`
export const isReserved = Prisma.sql`u.state = 'pending' and c.state = 'reserved'`

/**
 * Fewer than so many wait of those that `which` says of `u`. Those that are reserved are told apart only once all together reach the
 * limit: that takes a look at each challenge.
 */
export function fewerPending(which: Prisma.Sql, limit: Prisma.Sql): Prisma.Sql {
  const waiting = Prisma.sql`u.state = 'pending' and u.expires_at > now() and ${which}`
  return Prisma.sql`(case when (select count(*) from challenge_unspent u where ${waiting}) < ${limit} then true
    else (select count(*) from ${UNSPENT} where ${waiting} and ${isPending}) < ${limit} end)`
}

/** For a query that goes by something else. Most challenges are consumed: no index tells those apart. */
export function hasState(state: ChallengeState): Prisma.Sql {
  if (state === 'consumed') return Prisma.sql`c.state = 'consumed'`
  if (state === 'pending')
    return Prisma.sql`(c.state = 'pending' and c.id in (${unspent(Prisma.sql`u.state = 'pending' and u.expires_at > now()`)}))`
  if (state === 'reserved')
    return Prisma.sql`(c.state = 'reserved' and c.id in (${unspent(Prisma.sql`u.state = 'pending'`)}))`
  if (state === 'revoked') return Prisma.sql`c.id in (${unspent(Prisma.sql`u.state = 'revoked'`)})`
  const past = Prisma.sql`u.state = 'expired' or (u.state = 'pending' and u.expires_at <= now())`
  return Prisma.sql`(c.state in ('pending', 'expired') and c.id in (${unspent(past)}))`
}

function unspent(which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`select u.challenge_id from challenge_unspent u where ${which}`
}

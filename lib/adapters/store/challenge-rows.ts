/** Conditions on challenge rows that several statements share; `c` is the row. */
import { Prisma } from './generated/client'

/** A certificate was recorded for it, even if only as an intent: then its challenge is not given back. */
export const hasCertificate = Prisma.sql`exists (select from certificate x where x.challenge_id = c.id and x.state <> 'abandoned')`

/** What is past its end is expired, whether or not the job has been by. */
export const effectiveState = Prisma.sql`(case when c.state = 'pending' and c.expires_at <= now() then 'expired' else c.state::text end)`

/** The job table: one conditional update decides which instance runs a job. */
import type { JobStore } from '@/lib/services/jobs'
import type { Database } from './database'
import { Prisma } from './generated/client'

export function jobStore(database: Database): JobStore {
  return {
    async claim({ name, by, now, until, nextRunAt, early }) {
      const rows = await database.$queryRaw<unknown[]>`
        insert into job as j (name, next_run_at, claimed_by, claimed_until)
        select ${name}, ${nextRunAt}::timestamptz, ${by}, ${until}::timestamptz from ${unhurried}
        on conflict (name) do update set next_run_at = excluded.next_run_at, claimed_by = excluded.claimed_by,
          claimed_until = excluded.claimed_until
        where (j.next_run_at <= ${now} or ${early}) and (j.claimed_until is null or j.claimed_until <= ${now})
        returning name`
      return rows.length === 1
    },

    async extend({ name, by, until }) {
      const { count } = await database.job.updateMany({ where: { name, claimedBy: by }, data: { claimedUntil: until } })
      return count === 1
    },

    async finish({ name, by, at, error }) {
      await database.$executeRaw`
        update job set claimed_by = null, claimed_until = null, last_run_at = ${at}, last_error = ${error} from ${unhurried}
        where name = ${name} and claimed_by = ${by}`
    },
  }
}

/**
 * A statement that reads from it is over before the disk has it. A crash of the database may take the last fraction of a second
 * with it: then a job runs once more than it would have, perhaps beside its first run, as after a claim that nobody could
 * extend. To wait for the disk several times a second, for ever, costs more.
 */
const unhurried = Prisma.sql`(select set_config('synchronous_commit', 'off', true)) as unhurried`

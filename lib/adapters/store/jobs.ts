/** The job table: one conditional update decides which instance runs a job. */
import type { JobStore } from '@/lib/services/jobs'
import type { Database } from './database'

export function jobStore(database: Database): JobStore {
  return {
    async claim({ name, by, now, until, nextRunAt, early }) {
      const rows = await database.$queryRaw<unknown[]>`
        insert into job as j (name, next_run_at, claimed_by, claimed_until) values (${name}, ${nextRunAt}, ${by},
          ${until})
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
      await database.job.updateMany({
        where: { name, claimedBy: by },
        data: { claimedBy: null, claimedUntil: null, lastRunAt: at, lastError: error },
      })
    },
  }
}

/** The job table: one conditional update decides which instance runs a job. */
import type { JobStore } from '@/lib/services/jobs'
import { type Database, hotPool } from './database'

export function jobStore(database: Database): JobStore {
  return {
    async claim({ name, by, now, until, nextRunAt, early }) {
      const { rowCount } = await hotPool(database).query({
        name: 'claim-job',
        text: CLAIM,
        values: [name, nextRunAt, by, until, now, early],
      })
      return rowCount === 1
    },

    async extend({ name, by, until }) {
      const { count } = await database.job.updateMany({ where: { name, claimedBy: by }, data: { claimedUntil: until } })
      return count === 1
    },

    async finish({ name, by, at, error }) {
      await hotPool(database).query({ name: 'finish-job', text: FINISH, values: [name, by, at, error] })
    },
  }
}

/**
 * Over before the disk has it. A crash of the database may take a fraction of a second with it, after which a job runs once
 * more than it would have; to wait for the disk several times a second, for ever, costs more.
 */
const UNHURRIED = `set_config('synchronous_commit', 'off', true)`

const CLAIM = `
  insert into job as j (name, next_run_at, claimed_by, claimed_until)
  values ($1::text, $2::timestamptz, $3::text, $4::timestamptz)
  on conflict (name) do update set next_run_at = excluded.next_run_at, claimed_by = excluded.claimed_by,
    claimed_until = excluded.claimed_until
  where (j.next_run_at <= $5::timestamptz or $6::boolean)
    and (j.claimed_until is null or j.claimed_until <= $5::timestamptz)
  returning ${UNHURRIED}`

const FINISH = `
  update job set claimed_by = null, claimed_until = null, last_run_at = $3::timestamptz, last_error = $4::text
  where name = $1::text and claimed_by = $2::text
  returning ${UNHURRIED}`

/** The outbox in Postgres: a row waits until its request is decided, and one instance at a time tries to deliver it. */
import type { DueNotification, NotificationStore } from '@/lib/services/notifications'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { VALIDATOR, validatorOf } from './validator-rows'

const MAX_ERROR = 500
/** A request that failed for a reason of ours may come again within this time, and is told by what it comes to. */
const UNDECIDED_MINUTES = 60

/** issued and refused are for good; what is pruned, or failed and did not come back, will not be issued any more. */
const decided = Prisma.sql`(t.id is null or t.state in ('issued', 'refused')
  or (t.state in ('failed', 'received') and n.created_at < now() - make_interval(mins => ${UNDECIDED_MINUTES}::int)))`
const unsettled = Prisma.sql`n.delivered_at is null and n.given_up_at is null`
const unclaimed = Prisma.sql`(n.claimed_until is null or n.claimed_until <= now())`

export function notificationStore(database: Database): NotificationStore {
  return guarded<NotificationStore>({
    claimDue: (limit, claimSeconds) =>
      claim(
        database,
        claimSeconds,
        Prisma.sql`
          select n.id from notification n
          join validator v on v.id = n.validator_id and v.disabled_at is null
          left join enrolment_transaction t on t.id = n.enrolment_transaction_id
          where ${unsettled} and n.next_attempt_at <= now() and ${unclaimed} and ${decided}
          order by n.next_attempt_at limit ${limit} for update of n skip locked`,
      ),

    async claimBlocking(transactionRowId, claimSeconds) {
      const blocking = Prisma.sql`
        from notification n join validator v on v.id = n.validator_id
        where n.enrolment_transaction_id = ${transactionRowId}::uuid and n.delivered_at is null and v.notify_before_answer`
      const [claimed] = await claim(
        database,
        claimSeconds,
        Prisma.sql`select n.id ${blocking} and ${unclaimed} limit 1 for update of n skip locked`,
      )
      if (claimed !== undefined) return claimed
      const [outstanding] = await database.$queryRaw<unknown[]>`select 1 ${blocking} limit 1`
      return outstanding === undefined ? 'nothing' : 'claimed'
    },

    async delivered(id) {
      await database.notification.updateMany({
        where: { id },
        data: { deliveredAt: new Date(), givenUpAt: null, claimedUntil: null, lastError: null },
      })
    },

    async failed(id, error, retryAfterSeconds, events) {
      await transact(database, async (transaction) => {
        await transaction.$executeRaw`
          update notification set claimed_until = null, last_error = ${error.slice(0, MAX_ERROR)},
            next_attempt_at = now() + make_interval(secs => ${retryAfterSeconds ?? 0}::int),
            given_up_at = case when ${retryAfterSeconds === null} then now() end
          where id = ${id}::uuid and delivered_at is null`
        return { result: undefined, events }
      })
    },

    async forget(days, limit) {
      return database.$executeRaw`
        delete from notification where id in (
          select id from notification
          where coalesce(delivered_at, given_up_at) < now() - make_interval(days => ${days}::int) limit ${limit})`
    },
  })
}

/** The claim and what the attempt needs, read in one statement. */
async function claim(database: Database, seconds: number, due: Prisma.Sql): Promise<DueNotification[]> {
  const rows = await database.$queryRaw<ClaimedRow[]>`
    with due as (${due}), claimed as (
      update notification n set claimed_until = now() + make_interval(secs => ${seconds}::int), attempts = attempts + 1
      from due where n.id = due.id returning n.*
    ), told as (
      select claimed.id, claimed.validator_id, claimed.enrolment_transaction_id, claimed.attempts, claimed.body, t.reason, x.der
      from claimed
      left join enrolment_transaction t on t.id = claimed.enrolment_transaction_id
      left join certificate x on x.id = t.certificate_id and x.state = 'issued'
    )
    select * from told`
  if (rows.length === 0) return []
  await database.$executeRaw`
    update notification set event = case when id = any(${rows.filter(({ der }) => der !== null).map(({ id }) => id)}::uuid[]) then 'issued' else 'failed' end
    where id = any(${rows.map(({ id }) => id)}::uuid[])`
  const validators = await database.validator.findMany({
    where: { id: { in: rows.map((row) => row.validator_id) } },
    select: VALIDATOR,
  })
  return rows.flatMap((row) => {
    const validator = validators.find(({ id }) => id === row.validator_id)
    if (validator === undefined) return []
    return {
      id: row.id,
      validator: validatorOf(validator),
      transactionRowId: row.enrolment_transaction_id,
      attempts: row.attempts - 1,
      body: row.body,
      certificate: row.der,
      reason: row.reason,
    }
  })
}

interface ClaimedRow {
  id: string
  validator_id: string
  enrolment_transaction_id: string
  attempts: number
  body: DueNotification['body']
  reason: string | null
  der: Uint8Array | null
}

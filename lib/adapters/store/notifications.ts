/** The outbox in Postgres: a row waits until its request is decided, and one instance at a time tries to deliver it. */
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { DueNotification, NotificationStore } from '@/lib/services/notifications'
import type { RevokedFacts } from '@/lib/services/revocation'
import { makeCrlsDue } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { VALIDATOR, validatorOf } from './validator-rows'

const MAX_ERROR = 500
/** A request that failed for a reason of ours may come again within this time, and is told by what it comes to. */
const UNDECIDED_MINUTES = 60

/** The device that waits for the answer has it told itself; only if it does not, the job comes in. */
const BLOCKING_SECONDS = 30

/**
 * issued and refused are for good; what is pruned, or failed and did not come back, will not be issued any more. Intune
 * hears of a failure at once: a request that comes again is asked about and told of again.
 */
const decided = Prisma.sql`(t.id is null or t.state = 'refused' or (t.state = 'failed' and v.kind = 'intune')
  or (t.state = 'issued' and not (v.notify_before_answer and n.attempts = 0 and t.finished_at > now() - make_interval(secs => ${BLOCKING_SECONDS}::int)))
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
          join validator v on v.id = n.validator_id and (v.disabled_at is null or v.kind = 'intune')
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
      await database.$executeRaw`
        with told as (
          update notification set delivered_at = now(), given_up_at = null, claimed_until = null, last_error = null, sealed = null
          where id = ${id}::uuid returning enrolment_transaction_id
        )
        update intune_certificate c set confirmed_at = now()
        from told join enrolment_transaction t on t.id = told.enrolment_transaction_id
        where c.certificate_id = t.certificate_id and c.confirmed_at is null`
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

    async withdraw(id, { reason, detail, revokedBy }, events) {
      await transact(database, async (transaction) => {
        const [over] = await transaction.$queryRaw<{ enrolment_transaction_id: string | null }[]>`
          update notification set given_up_at = now(), claimed_until = null, sealed = null, last_error = ${detail.slice(0, MAX_ERROR)}
          where id = ${id}::uuid and delivered_at is null and given_up_at is null returning enrolment_transaction_id`
        if (over === undefined) return { result: undefined, events: [] }
        const facts = await revoke(transaction, over.enrolment_transaction_id, revokedBy)
        await transaction.$executeRaw`
          update enrolment_transaction set state = 'refused', reason = ${reason}, detail = ${detail.slice(0, 2_000)},
            fail_info = ${FAIL_INFO_NUMBER.badRequest}, finished_at = now()
          where id = ${over.enrolment_transaction_id}::uuid and state = 'issued'`
        return { result: undefined, events: events(facts) }
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
      select claimed.id, claimed.validator_id, claimed.enrolment_transaction_id, claimed.attempts, claimed.body, claimed.sealed,
        extract(epoch from now() - claimed.created_at)::int as age, t.reason, x.id as certificate_id, x.der, a.id as authority_id, a.name as authority_name
      from claimed
      left join enrolment_transaction t on t.id = claimed.enrolment_transaction_id
      left join certificate x on x.id = t.certificate_id and x.state = 'issued'
      left join authority a on a.id = x.authority_id
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
      ageSeconds: row.age,
      body: row.body,
      sealed: row.sealed,
      certificate: certificateOf(row),
      reason: row.reason,
    }
  })
}

function certificateOf({ certificate_id: id, der, authority_id, authority_name }: ClaimedRow) {
  if (id === null || der === null || authority_id === null || authority_name === null) return null
  return { id, der, authority: { id: authority_id, name: authority_name } }
}

/** Null where there is none, or where it is revoked already. */
async function revoke(transaction: Transaction, transactionRowId: string | null, by: string) {
  const [revoked] = await transaction.$queryRaw<(RevokedFacts & { authorityId: string })[]>`
    update certificate x set revoked_at = now(), revocation_reason = 'cessationOfOperation', revoked_by = ${by}, revocation_comment = null, invalidity_date = null
    from enrolment_transaction t, authority a
    where t.id = ${transactionRowId}::uuid and x.id = t.certificate_id and a.id = x.authority_id and x.state = 'issued'
      and (x.revoked_at is null or x.revocation_reason = 'certificateHold')
    returning x.id, x.serial, x.subject, a.name as issuer, encode(x.fingerprint_sha256, 'hex') as "fingerprintSha256", x.authority_id as "authorityId"`
  if (revoked === undefined) return null
  const { authorityId, ...facts } = revoked
  await makeCrlsDue(transaction, [authorityId], new Date())
  return facts
}

interface ClaimedRow {
  id: string
  validator_id: string
  enrolment_transaction_id: string
  attempts: number
  age: number
  body: DueNotification['body']
  sealed: Uint8Array | null
  reason: string | null
  certificate_id: string | null
  der: Uint8Array | null
  authority_id: string | null
  authority_name: string | null
}

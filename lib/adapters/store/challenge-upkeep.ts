/** What time does to challenges: expiry, and the reservations of workers that are gone. */
import type { ChallengeUpkeepStore } from '@/lib/services/challenge-upkeep'
import { VALIDATED_FOR } from '@/lib/services/challenge-validation'
import { hasCertificate, isPending, isReserved, UNSPENT } from './challenge-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

export function challengeUpkeepStore(database: Database): ChallengeUpkeepStore {
  return guarded<ChallengeUpkeepStore>({
    async expire(limit, expired) {
      return transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<{ slug: string; count: bigint }[]>`
          with due as (
            select c.id from ${UNSPENT} where ${isPending} and u.expires_at <= now() order by u.expires_at limit ${limit} for update of c skip locked
          ), gone as (
            update challenge c set state = 'expired' from due where c.id = due.id and c.state = 'pending' and c.expires_at <= now() returning c.endpoint_id
          )
          select e.slug, count(*) as count from gone join endpoint e on e.id = gone.endpoint_id group by e.slug order by e.slug`
        const perEndpoint = Object.fromEntries(rows.map(({ slug, count }) => [slug, Number(count)]))
        const count = Object.values(perEndpoint).reduce((sum, each) => sum + each, 0)
        return { result: count, events: count === 0 ? [] : [expired(count, perEndpoint)] }
      })
    },

    async freeAbandoned(minutes, limit, released) {
      return transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<
          { id: string; subject: string; slug: string; state: 'pending' | 'expired' }[]
        >`
          with due as (
            select c.id from ${UNSPENT}
            where ${isReserved} and c.reserved_at < now() - make_interval(mins => ${minutes}::int) and not ${hasCertificate}
              and not jsonb_exists(c.evidence, ${VALIDATED_FOR})
            order by c.reserved_at limit ${limit} for update of c skip locked
          )
          update challenge c set state = (case when expires_at > now() then 'pending' else 'expired' end)::"ChallengeState",
            reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
          from due, endpoint e
          where c.id = due.id and c.state = 'reserved' and e.id = c.endpoint_id
          returning c.id, c.subject, e.slug, c.state`
        return { result: rows.length, events: rows.map(released) }
      })
    },

    async failInterrupted(minutes, limit) {
      return database.$executeRaw`
        update enrolment_transaction set state = 'failed', reason = 'interrupted', detail = 'left behind by a process that ended', finished_at = now()
        where id in (
          select t.id from enrolment_transaction t
          where t.index_state = 'received' and t.claimed_at < now() - make_interval(mins => ${minutes}::int)
            and not exists (select from challenge c where c.state = 'reserved' and c.id = t.challenge_id)
          order by t.claimed_at limit ${limit} for update skip locked)`
    },

    async forgetTransactions({ refusedDays, answeredDays }, limit) {
      // The rows stay where the role of this process may not delete from the table (runtime-role.ts decides).
      const [right] = await database.$queryRaw<{ deletes: boolean }[]>`
        select has_table_privilege(current_user, 'enrolment_transaction', 'DELETE') as deletes`
      if (right?.deletes !== true) return 0
      // Endpoint by endpoint, as the index over endpoint and time goes.
      return database.$executeRaw`
        delete from enrolment_transaction where id in (
          select old.id from endpoint e cross join lateral (
            select t.id from enrolment_transaction t
            where t.endpoint_id = e.id and t.created_at < now() - make_interval(days => ${Math.min(refusedDays, answeredDays)}::int)
              and (t.state = 'answered' and t.created_at < now() - make_interval(days => ${answeredDays}::int)
                or t.finished_at < now() - make_interval(days => ${refusedDays}::int)
                  and t.state in ('refused', 'failed') and t.certificate_id is null
                  and not exists (select from certificate x where x.challenge_id = t.challenge_id and x.enrolment_transaction_id = t.id))
            limit ${limit} for update skip locked
          ) old limit ${limit})`
    },
  })
}

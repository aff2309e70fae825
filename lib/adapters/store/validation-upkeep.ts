/** Closing what other servers never reported about, in Postgres. */
import { VALIDATED_FOR } from '@/lib/services/challenge-validation'
import type { ValidationUpkeepStore } from '@/lib/services/validation-upkeep'
import { isReserved, UNSPENT } from './challenge-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

export function validationUpkeepStore(database: Database): ValidationUpkeepStore {
  return guarded<ValidationUpkeepStore>({
    closeUnreported: (minutes, limit, closed) =>
      transact(database, async (transaction) => {
        const rows = await transaction.$queryRaw<{ id: string; subject: string; slug: string }[]>`
          with due as (
            select c.id from ${UNSPENT}
            where ${isReserved} and jsonb_exists(c.evidence, ${VALIDATED_FOR}) and c.reserved_at < now() - make_interval(mins => ${minutes}::int)
            order by c.reserved_at limit ${limit} for update of c skip locked
          ), closed as (
            update challenge c set state = 'consumed', consumed_at = now() from due where c.id = due.id
            returning c.id, c.subject, c.endpoint_id, c.reserved_by
          ), settled as (
            update enrolment_transaction t set state = 'issued', finished_at = now(), superseded_at = now(), detail = 'not reported by the other server'
            from closed where t.id = closed.reserved_by
          )
          select closed.id, closed.subject, e.slug from closed join endpoint e on e.id = closed.endpoint_id`
        return { result: rows.length, events: rows.map(closed) }
      }),

    async forgetAnswers(hours, limit) {
      return database.$executeRaw`
        delete from received_validation where (receiver_id, request_sha256) in (
          select receiver_id, request_sha256 from received_validation
          where created_at < now() - make_interval(hours => ${hours}::int) limit ${limit})`
    },
  })
}

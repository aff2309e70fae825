/** The circuit breaker of each validator, in its row: all instances share one view of who is down. */
import type { ValidatorCircuitStore } from '@/lib/services/validators'
import type { Database } from './database'
import { guarded } from './outage'
import { VALIDATOR, validatorOf } from './validator-rows'

const MAX_ERROR = 500

export function validatorCircuitStore(database: Database): ValidatorCircuitStore {
  return guarded<ValidatorCircuitStore>({
    async validator(id) {
      const row = await database.validator.findUnique({ where: { id }, select: VALIDATOR })
      return row === null ? null : validatorOf(row)
    },

    async admitProbe(id, seconds) {
      const admitted = await database.$executeRaw`
        update validator set open_until = now() + make_interval(secs => ${seconds}::int)
        where id = ${id}::uuid and (open_until is null or open_until <= now())`
      return admitted === 1
    },

    async succeeded(id) {
      // Once in a while is enough for the light in the portal: the row would be written for each enrolment otherwise.
      await database.$executeRaw`
        update validator set failures = 0, open_until = null, last_success_at = now()
        where id = ${id}::uuid and (failures > 0 or open_until is not null or last_success_at is null or last_success_at < now() - interval '5 seconds')`
    },

    async failed(id, { error, counts, openAfter, openSeconds }) {
      await database.$executeRaw`
        update validator set last_failure_at = now(), last_error = ${error.slice(0, MAX_ERROR)},
          failures = case when ${counts} then failures + 1 else 0 end,
          open_until = case when ${counts} and failures + 1 >= ${openAfter}::int then now() + make_interval(secs => ${openSeconds}::int) end
        where id = ${id}::uuid`
    },
  })
}

/** Every minute: challenges that other servers were allowed to use, and never reported about, count as used. */
import { systemActor } from '@/lib/services/actor'
import { HELD_MINUTES } from '@/lib/services/challenge-validation'
import type { Job } from '@/lib/services/jobs'
import type { ValidationUpkeepStore } from '@/lib/services/validation-upkeep'

const ANSWERS_KEPT_HOURS = 24
const BATCH = 1_000

export function closeValidations(store: ValidationUpkeepStore): Job {
  return {
    name: 'close-validations',
    everySeconds: 60,
    run: async () => {
      const actor = systemActor('job', 'challenge validation')
      await untilDone(() =>
        store.closeUnreported(HELD_MINUTES, BATCH, ({ id, subject, slug }) => ({
          type: 'challenge.consumed',
          outcome: 'success',
          actor,
          object: { type: 'challenge', id, name: subject },
          data: { endpoint: slug, why: 'not_reported' },
        })),
      )
      await untilDone(() => store.forgetAnswers(ANSWERS_KEPT_HOURS, BATCH))
    },
  }
}

async function untilDone(batch: () => Promise<number>): Promise<void> {
  while ((await batch()) >= BATCH);
}

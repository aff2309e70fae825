/** Every minute: challenges past their end are put away, what a crash left reserved is freed, old refusals are forgotten. */
import { systemActor } from '@/lib/services/actor'
import type { ChallengeUpkeepStore } from '@/lib/services/challenge-upkeep'
import type { Job } from '@/lib/services/jobs'
import type { RetentionStore } from '@/lib/services/retention'

/** dynamic-challenge.md §5: the reservation of a crashed worker is swept after this time. */
export const ABANDONED_MINUTES = 10
const FORGET_EVERY_MS = 3_600_000
const BATCH = 1_000

/** Refusals and questions are shown for as long as the flight recorder keeps them. The audit trail keeps them for good. */
export function expireChallenges(store: ChallengeUpkeepStore, recorder: Pick<RetentionStore, 'retention'>): Job {
  let forgotten = 0
  return {
    name: 'expire-challenges',
    everySeconds: 60,
    run: async (now) => {
      const actor = systemActor('job', 'challenge expiry')
      await untilDone(() =>
        store.freeAbandoned(ABANDONED_MINUTES, BATCH, ({ id, subject, slug, state }) => ({
          type: 'challenge.released',
          outcome: 'success',
          actor,
          object: { type: 'challenge', id, name: subject },
          data: { why: 'abandoned', state, endpoint: slug },
        })),
      )
      await untilDone(() =>
        store.expire(BATCH, (count, perEndpoint) => ({
          type: 'challenge.expired',
          outcome: 'success',
          actor,
          object: { type: 'challenge', id: null },
          data: { presented: false, count, endpoints: perEndpoint },
        })),
      )
      await untilDone(() => store.failInterrupted(ABANDONED_MINUTES, BATCH))
      // It reads through what was issued in those days, so not every minute.
      if (now.getTime() - forgotten >= FORGET_EVERY_MS) {
        const { failedDays: refusedDays, issuedDays: answeredDays } = await recorder.retention()
        await untilDone(() => store.forgetTransactions({ refusedDays, answeredDays }, BATCH))
        forgotten = now.getTime()
      }
    },
  }
}

/** Batch by batch, so that no transaction grows with the backlog. */
async function untilDone(batch: () => Promise<number>): Promise<void> {
  while ((await batch()) >= BATCH);
}

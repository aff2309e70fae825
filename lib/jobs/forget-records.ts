/** Every quarter of an hour: what the flight recorder has kept long enough, by the setting of now, is forgotten. */
import type { FlightRecordStore } from '@/lib/services/flight-recorder'
import type { Job } from '@/lib/services/jobs'
import type { RetentionStore } from '@/lib/services/retention'

const DAY_MS = 86_400_000
const BATCH = 2_000
/** More at once would hold the database for too long; the rest goes the next time. */
const MOST_BATCHES = 50

export function forgetRecords(store: Pick<FlightRecordStore, 'forget'> & Pick<RetentionStore, 'retention'>): Job {
  return {
    name: 'forget-records',
    everySeconds: 900,
    async run(now) {
      const { issuedDays, failedDays } = await store.retention()
      const before = (days: number) => new Date(now.getTime() - days * DAY_MS)
      const ended = { well: before(issuedDays), badly: before(failedDays) }
      for (let batch = 0; batch < MOST_BATCHES; batch++) if ((await store.forget(ended, BATCH)) < BATCH) return
    },
  }
}

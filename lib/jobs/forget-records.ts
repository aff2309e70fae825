/** Every quarter of an hour: what the flight recorder has kept long enough is forgotten. */
import type { FlightRecordStore } from '@/lib/services/flight-recorder'
import type { Job } from '@/lib/services/jobs'

const BATCH = 2_000
/** More at once would hold the database for too long; the rest goes the next time. */
const MOST_BATCHES = 50

export function forgetRecords(store: Pick<FlightRecordStore, 'forget'>): Job {
  return {
    name: 'forget-records',
    everySeconds: 900,
    async run(now) {
      for (let batch = 0; batch < MOST_BATCHES; batch++) if ((await store.forget(now, BATCH)) < BATCH) return
    },
  }
}

/** Every two seconds: what Jamf Pro told is looked into, so that a wiped device is out of the network within ten. */
import type { JamfEvents } from '@/lib/services/jamf-events'
import type { Job } from '@/lib/services/jobs'

const FORGET_EVERY_MS = 600_000
/** A storm of events must not hold the job for hours. */
const MOST_BATCHES = 20

export function workJamfEvents(events: JamfEvents): Job {
  let forgotten = 0
  return {
    name: 'work-jamf-events',
    everySeconds: 2,
    run: async (now) => {
      for (let batch = 0; batch < MOST_BATCHES && (await events.work()) > 0; batch++);
      if (now.getTime() - forgotten < FORGET_EVERY_MS) return
      await events.forget()
      forgotten = now.getTime()
    },
  }
}

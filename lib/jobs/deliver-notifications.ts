/** Every few seconds: validators hear what became of the requests they were asked about. */
import type { Job } from '@/lib/services/jobs'
import type { Notifications } from '@/lib/services/notifications'

const FORGET_EVERY_MS = 3_600_000
/** A validator that is slow for everybody must not hold the job for hours. */
const MOST_BATCHES = 10

export function deliverNotifications(notifications: Notifications): Job {
  let forgotten = 0
  return {
    name: 'deliver-notifications',
    everySeconds: 5,
    run: async (now) => {
      for (let batch = 0; batch < MOST_BATCHES && (await notifications.deliverDue()) > 0; batch++);
      if (now.getTime() - forgotten >= FORGET_EVERY_MS) {
        await notifications.forget()
        forgotten = now.getTime()
      }
    },
  }
}

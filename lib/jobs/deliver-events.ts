/** Every few seconds: other systems hear of what happened. */
import type { EventDelivery } from '@/lib/services/event-delivery'
import type { Job } from '@/lib/services/jobs'

const FORGET_EVERY_MS = 3_600_000

export function deliverEvents(delivery: EventDelivery): Job {
  let forgotten = 0
  return {
    name: 'deliver-events',
    everySeconds: 3,
    run: async (now) => {
      await delivery.advance(now)
      if (now.getTime() - forgotten >= FORGET_EVERY_MS) {
        await delivery.forget(now)
        forgotten = now.getTime()
      }
    },
  }
}

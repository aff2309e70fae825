/** Every minute: staged issuers are completed, and take over on their day. */
import type { Job } from '@/lib/services/jobs'
import { type Rollover, rolloverActor } from '@/lib/services/rollover'

export function rollOverIssuers(rollover: Rollover): Job {
  return {
    name: 'roll-over-issuers',
    everySeconds: 60,
    run: async () => {
      await rollover.advance(rolloverActor())
    },
  }
}

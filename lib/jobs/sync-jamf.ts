/** Often, because somebody may press "Sync now": reads the inventory of each Jamf Pro whose time has come. */
import type { JamfSync } from '@/lib/services/jamf-sync'
import type { Job } from '@/lib/services/jobs'

export function syncJamf(sync: JamfSync): Job {
  return {
    name: 'sync-jamf',
    everySeconds: 15,
    run: (now) => sync.run(now),
  }
}

/** Every second: CRLs that are due, so that a revocation is on its list within about two. */
import type { Job } from '@/lib/services/jobs'
import type { StatusService } from '@/lib/services/status'

export const PUBLISH_CRLS = 'publish-crls'

export function publishCrls(status: Pick<StatusService, 'publishDueCrls'>): Job {
  return {
    name: PUBLISH_CRLS,
    everySeconds: 1,
    run: async () => {
      await status.publishDueCrls()
    },
  }
}

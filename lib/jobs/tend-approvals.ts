/** Every minute: certificates of approved requests that nobody finished, and requests that nobody decided in time. */
import type { ApprovalUpkeep } from '@/lib/services/approvals'
import type { Job } from '@/lib/services/jobs'

export function tendApprovals(approvals: ApprovalUpkeep): Job {
  return {
    name: 'tend-approvals',
    everySeconds: 60,
    run: async () => {
      await approvals.tend()
    },
  }
}

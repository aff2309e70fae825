/** Every second: bulk revocations that are due or under way, some batches of each. */
import type { BulkRevocations } from '@/lib/services/bulk-revocation-types'
import type { Job } from '@/lib/services/jobs'

export function revokeInBulk(bulk: Pick<BulkRevocations, 'advance'>): Job {
  return {
    name: 'revoke-in-bulk',
    everySeconds: 1,
    run: async () => {
      await bulk.advance()
    },
  }
}

/** Every ten seconds: certificates that a crash left between intent and record are completed, or given up. */
import { systemActor } from '@/lib/services/actor'
import type { Intents } from '@/lib/services/intents'
import type { Job } from '@/lib/services/jobs'

export function reconcileIssuance(issuance: Pick<Intents, 'reconcile'>): Job {
  return {
    name: 'reconcile-issuance',
    everySeconds: 10,
    run: async () => {
      await issuance.reconcile(systemActor('job', 'Reconciliation'))
    },
  }
}

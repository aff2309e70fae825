/** Every ten minutes: certificates whose renewal window is half gone without an attempt. */
import type { Job } from '@/lib/services/jobs'
import type { OverdueRenewals } from '@/lib/services/overdue-renewals'

export function findOverdueRenewals(overdue: Pick<OverdueRenewals, 'find'>): Job {
  return { name: 'find-overdue-renewals', everySeconds: 600, run: (now) => overdue.find(now) }
}

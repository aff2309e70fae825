/** Every minute: sessions, counters and stored answers that are over are put away. */
import type { Job } from '@/lib/services/jobs'
import type { Pruning } from '@/lib/services/pruning'

export function prune(pruning: Pruning): Job {
  return { name: 'prune', everySeconds: 60, run: (now) => pruning.prune(now) }
}

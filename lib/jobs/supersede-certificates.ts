/** Every minute: renewed certificates whose grace time is over are revoked as superseded. */
import type { Job } from '@/lib/services/jobs'
import type { Supersession } from '@/lib/services/supersession'

export function supersedeCertificates(supersession: Supersession): Job {
  return { name: 'supersede-certificates', everySeconds: 60, run: (now) => supersession.run(now) }
}

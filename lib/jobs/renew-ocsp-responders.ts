/** Every few seconds: a new authority gets its OCSP responder, and one past half its life a successor. */
import { systemActor } from '@/lib/services/actor'
import type { Job } from '@/lib/services/jobs'
import type { OcspResponders } from '@/lib/services/ocsp-responders'

export function renewOcspResponders(responders: OcspResponders): Job {
  return {
    name: 'renew-ocsp-responders',
    everySeconds: 5,
    run: async () => {
      await responders.renewEnding(systemActor('job', 'OCSP responders'))
    },
  }
}

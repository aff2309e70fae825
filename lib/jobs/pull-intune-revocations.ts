/** Several times a minute: whether it is time to ask Intune which certificates it wants revoked; each connector says how often. */
import type { IntuneRevocations } from '@/lib/services/intune-revocations'
import type { Job } from '@/lib/services/jobs'

const FORGET_EVERY_MS = 3_600_000

export function pullIntuneRevocations(revocations: IntuneRevocations): Job {
  let forgotten = 0
  return {
    name: 'pull-intune-revocations',
    everySeconds: 10,
    run: async (now) => {
      await revocations.pullDue()
      if (now.getTime() - forgotten < FORGET_EVERY_MS) return
      await revocations.forget()
      forgotten = now.getTime()
    },
  }
}

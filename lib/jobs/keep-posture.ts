/** Every ten minutes: the posture is read, and kept when the day or a verdict changed. */
import type { Job } from '@/lib/services/jobs'
import type { PostureUpkeep } from '@/lib/services/posture-types'

export function keepPosture(posture: PostureUpkeep): Job {
  return {
    name: 'keep-posture',
    everySeconds: 600,
    run: async (now) => void (await posture.record(now)),
  }
}

/** Every half minute: what is about to end or fails too often becomes a notice. */
import type { Job } from '@/lib/services/jobs'
import type { NoticeRaising } from '@/lib/services/notice-raising'

const FORGET_EVERY_MS = 3_600_000

export function raiseNotices(raising: NoticeRaising): Job {
  let forgotten = 0
  return {
    name: 'raise-notices',
    everySeconds: 30,
    run: async (now) => {
      await raising.raise(now)
      if (now.getTime() - forgotten >= FORGET_EVERY_MS) {
        await raising.forget(now)
        forgotten = now.getTime()
      }
    },
  }
}

/** Every few seconds: notices leave by e-mail. */
import type { Job } from '@/lib/services/jobs'
import type { NoticeDelivery } from '@/lib/services/notice-delivery'

export function deliverNotices(delivery: NoticeDelivery): Job {
  return { name: 'deliver-notices', everySeconds: 10, run: () => delivery.advance() }
}

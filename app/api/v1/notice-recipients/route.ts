/** /api/v1/notice-recipients */
import { apiResource, apiRoute } from '@/app/api/_door'
import { addNoticeRecipient, listNoticeRecipients } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listNoticeRecipients, async ({ services, actor }) => ({
    items: await services.notices.recipients(actor),
  })),
  POST: apiRoute(addNoticeRecipient, async ({ services, actor, body }) => services.notices.addRecipient(actor, body)),
})

/** /api/v1/notice-recipients/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { updateNoticeRecipient } from '@/app/api/v1/notice-recipients/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  PATCH: apiRoute(updateNoticeRecipient, async ({ services, actor, params, body }) =>
    services.notices.changeRecipient(actor, params.id, body),
  ),
})

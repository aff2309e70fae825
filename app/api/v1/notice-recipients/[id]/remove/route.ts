/** /api/v1/notice-recipients/{id}/remove */
import { apiResource, apiRoute } from '@/app/api/_door'
import { removeNoticeRecipient } from '@/app/api/v1/notice-recipients/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(removeNoticeRecipient, async ({ services, actor, params }) => {
    await services.notices.removeRecipient(actor, params.id)
    return { removed: true as const }
  }),
})

/** /api/v1/notice-deliveries */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listNoticeDeliveries } from '@/app/api/v1/notices/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listNoticeDeliveries, async ({ services, actor }) => ({
    items: await services.notices.deliveries(actor),
  })),
})

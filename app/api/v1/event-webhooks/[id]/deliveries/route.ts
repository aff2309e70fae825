/** /api/v1/event-webhooks/{id}/deliveries */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listEventDeliveries } from '@/app/api/v1/event-webhooks/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listEventDeliveries, async ({ services, actor, params }) => ({
    items: await services.eventWebhooks.deliveries(actor, params.id),
  })),
})

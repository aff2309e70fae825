/** /api/v1/event-webhooks/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { updateEventWebhook } from '@/app/api/v1/event-webhooks/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  PATCH: apiRoute(updateEventWebhook, async ({ services, actor, params, body }) =>
    services.eventWebhooks.change(actor, params.id, body),
  ),
})

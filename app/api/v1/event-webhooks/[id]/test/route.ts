/** /api/v1/event-webhooks/{id}/test */
import { apiResource, apiRoute } from '@/app/api/_door'
import { testEventWebhook } from '@/app/api/v1/event-webhooks/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(testEventWebhook, async ({ services, actor, params }) =>
    services.eventWebhooks.test(actor, params.id),
  ),
})

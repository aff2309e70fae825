/** /api/v1/event-webhooks/{id}/rotate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { rotateEventWebhookSecret } from '@/app/api/v1/event-webhooks/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(rotateEventWebhookSecret, async ({ services, actor, params }) =>
    services.eventWebhooks.rotateSecret(actor, params.id),
  ),
})

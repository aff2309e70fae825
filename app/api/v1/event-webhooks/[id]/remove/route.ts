/** /api/v1/event-webhooks/{id}/remove */
import { apiResource, apiRoute } from '@/app/api/_door'
import { removeEventWebhook } from '@/app/api/v1/event-webhooks/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(removeEventWebhook, async ({ services, actor, params }) => {
    await services.eventWebhooks.remove(actor, params.id)
    return { removed: true as const }
  }),
})

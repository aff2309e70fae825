/** /api/v1/event-webhooks */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createEventWebhook, listEventWebhooks } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listEventWebhooks, async ({ services, actor, query }) =>
    pageThrough(await services.eventWebhooks.list(actor), pageAndFilter(query).page, ({ id }) => id),
  ),
  POST: apiRoute(createEventWebhook, async ({ services, actor, body }) => {
    const { view, secret } = await services.eventWebhooks.create(actor, body)
    return { ...view, secret }
  }),
})

/** /api/v1/api-keys */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createApiKey, listApiKeys } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listApiKeys, async ({ services, actor, query }) =>
    pageThrough(await services.access.apiKeys(actor), pageAndFilter(query).page, (key) => key.id),
  ),
  POST: apiRoute(createApiKey, async ({ services, actor, body }) => {
    const { key, view } = await services.access.createApiKey(actor, body)
    return { ...view, key }
  }),
})

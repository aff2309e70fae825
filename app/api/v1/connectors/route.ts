/** /api/v1/connectors */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createConnector, listConnectors } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listConnectors, async ({ services, actor, query }) =>
    pageThrough(await services.mdmConnectors.list(actor), pageAndFilter(query).page, ({ slug }) => slug),
  ),
  POST: apiRoute(createConnector, async ({ services, actor, body }) => {
    const { view, hookSecret } = await services.mdmConnectors.create(actor, body)
    return { ...view, hookSecret }
  }),
})

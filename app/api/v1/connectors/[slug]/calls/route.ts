/** /api/v1/connectors/{slug}/calls */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listConnectorCalls } from '@/app/api/v1/connectors/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listConnectorCalls, ({ services, actor, params, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.mdmConnectors.calls(actor, params.slug, filter, page)
  }),
})

/** /api/v1/endpoints */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createEndpoint, listEndpoints } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listEndpoints, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    const endpoints = await services.groups.listEndpoints(actor)
    const shown = endpoints.filter(({ group }) => filter.group === undefined || group.slug === filter.group)
    return pageThrough(shown, page, (endpoint) => endpoint.id)
  }),
  POST: apiRoute(createEndpoint, async ({ services, actor, body }) => services.endpoints.create(actor, body)),
})

/** /api/v1/activity/{of}/events */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listActivityEvents, requestOf } from '@/app/api/v1/activity/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listActivityEvents, async ({ services, actor, params, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.activity.events(actor, { ...requestOf(params.of), ...filter }, page)
  }),
})

/** /api/v1/notices */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listNotices } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listNotices, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.notices.list(actor, filter, page)
  }),
})

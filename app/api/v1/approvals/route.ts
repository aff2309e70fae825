/** /api/v1/approvals */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listApprovals } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listApprovals, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.approvals.list(actor, filter, page)
  }),
})

/** /api/v1/overdue-renewals */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listOverdueRenewals } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listOverdueRenewals, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.overdueRenewals.list(actor, filter, page)
  }),
})

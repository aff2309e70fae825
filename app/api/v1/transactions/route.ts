/** /api/v1/transactions */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listTransactions } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listTransactions, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.transactions.list(actor, filter, page)
  }),
})

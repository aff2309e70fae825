/** /api/v1/as-of/comparison */
import { apiResource, apiRoute } from '@/app/api/_door'
import { betweenAndFilter, compareMoments } from '@/app/api/v1/as-of/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(compareMoments, async ({ services, actor, query }) => {
    const { between, filter } = betweenAndFilter(query)
    return services.asOf.compare(actor, between, filter)
  }),
})

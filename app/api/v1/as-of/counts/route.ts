/** /api/v1/as-of/counts */
import { apiResource, apiRoute } from '@/app/api/_door'
import { countPastCertificates } from '@/app/api/v1/as-of/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(countPastCertificates, async ({ services, actor, query }) => {
    const { on, ...filter } = query
    return services.asOf.counts(actor, on, filter)
  }),
})

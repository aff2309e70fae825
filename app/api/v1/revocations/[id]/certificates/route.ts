/** /api/v1/revocations/{id}/certificates */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listBulkRevocationCertificates } from '@/app/api/v1/revocations/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listBulkRevocationCertificates, async ({ services, actor, params, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.bulkRevocations.items(actor, params.id, filter, page)
  }),
})

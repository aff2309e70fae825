/** /api/v1/as-of/certificates */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listPastCertificates } from '@/app/api/v1/as-of/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listPastCertificates, async ({ services, actor, query }) => {
    const {
      page,
      filter: { on, ...filter },
    } = pageAndFilter(query)
    return services.asOf.list(actor, on, filter, page)
  }),
})

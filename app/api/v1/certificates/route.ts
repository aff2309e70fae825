/** /api/v1/certificates */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listCertificates } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listCertificates, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.certificates.list(actor, filter, page)
  }),
})

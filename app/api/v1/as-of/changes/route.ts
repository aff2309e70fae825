/** /api/v1/as-of/changes */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { betweenAndFilter, listComparedCertificates } from '@/app/api/v1/as-of/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listComparedCertificates, async ({ services, actor, query }) => {
    const {
      page,
      filter: { side, ...asked },
    } = pageAndFilter(query)
    const { between, filter } = betweenAndFilter(asked)
    return services.asOf.changes(actor, { ...between, side }, filter, page)
  }),
})

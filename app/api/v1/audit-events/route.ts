/** /api/v1/audit-events */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listAuditEvents } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listAuditEvents, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.audit.list(actor, filter, page)
  }),
})

/** /api/v1/authorities/requests */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { listAuthorityRequests, requestAuthority } from '@/app/api/v1/authorities/import-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listAuthorityRequests, async ({ services, actor, query }) =>
    pageThrough(await services.authorityImports.requests(actor), pageAndFilter(query).page, (request) => request.id),
  ),
  POST: apiRoute(requestAuthority, async ({ services, actor, body }) =>
    services.authorityImports.createRequest(actor, body),
  ),
})

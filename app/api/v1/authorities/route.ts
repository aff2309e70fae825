/** /api/v1/authorities */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { listAuthorities } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listAuthorities, async ({ services, actor, query }) =>
    pageThrough(await services.groups.authorities(actor), pageAndFilter(query).page, (authority) => authority.id),
  ),
})

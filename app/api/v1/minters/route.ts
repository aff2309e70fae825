/** /api/v1/minters */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createMinter, listMinters } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listMinters, async ({ services, actor, query }) =>
    pageThrough(await services.minters.list(actor), pageAndFilter(query).page, ({ id }) => id),
  ),
  POST: apiRoute(createMinter, async ({ services, actor, body: { jwks, ...request } }) =>
    services.minters.create(actor, { ...request, ...(jwks === undefined ? {} : { jwks: JSON.stringify(jwks) }) }),
  ),
})

/** /api/v1/users */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createUser, listUsers } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listUsers, async ({ services, actor, query }) =>
    pageThrough(await services.access.users(actor), pageAndFilter(query).page, (user) => user.id),
  ),
  POST: apiRoute(createUser, async ({ services, actor, body }) => services.access.createUser(actor, body)),
})

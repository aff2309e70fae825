/** /api/v1/groups */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createGroup, listGroups } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listGroups, async ({ services, actor, query }) =>
    pageThrough(await services.groups.list(actor), pageAndFilter(query).page, (group) => group.id),
  ),
  POST: apiRoute(createGroup, async ({ services, actor, body }) => services.groups.create(actor, body)),
})

/** /api/v1/groups/{slug} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getGroup } from '@/app/api/v1/groups/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getGroup, async ({ services, actor, params }) => services.groups.get(actor, params.slug)),
})

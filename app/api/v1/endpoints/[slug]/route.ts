/** /api/v1/endpoints/{slug} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getEndpoint, updateEndpoint } from '@/app/api/v1/endpoints/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getEndpoint, async ({ services, actor, params }) => services.groups.getEndpoint(actor, params.slug)),
  PATCH: apiRoute(updateEndpoint, async ({ services, actor, params, body }) =>
    services.groups.updateEndpoint(actor, params.slug, body),
  ),
})

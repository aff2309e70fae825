/** /api/v1/groups/{slug}/radius */
import { apiResource, apiRoute } from '@/app/api/_door'
import { checkRadiusReadiness } from '@/app/api/v1/groups/network-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(checkRadiusReadiness, async ({ services, actor, params }) =>
    services.radiusReadiness.check(actor, params.slug),
  ),
})

/** /api/v1/endpoints/{slug}/copy */
import { apiResource, apiRoute } from '@/app/api/_door'
import { copyEndpoint } from '@/app/api/v1/endpoints/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(copyEndpoint, async ({ services, actor, params, body }) =>
    services.endpoints.copy(actor, params.slug, body),
  ),
})

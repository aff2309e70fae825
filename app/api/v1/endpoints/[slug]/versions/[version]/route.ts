/** /api/v1/endpoints/{slug}/versions/{version} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getEndpointVersion } from '@/app/api/v1/policy-version-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getEndpointVersion, async ({ services, actor, params }) =>
    services.policyVersions.get(actor, { type: 'endpoint', slug: params.slug }, params.version),
  ),
})

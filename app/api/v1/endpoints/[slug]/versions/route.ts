/** /api/v1/endpoints/{slug}/versions */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listEndpointVersions } from '@/app/api/v1/policy-version-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listEndpointVersions, async ({ services, actor, params, query }) =>
    services.policyVersions.list(actor, { type: 'endpoint', slug: params.slug }, query),
  ),
})

/** /api/v1/groups/{slug}/versions/{version} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getGroupVersion } from '@/app/api/v1/policy-version-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getGroupVersion, async ({ services, actor, params }) =>
    services.policyVersions.get(actor, { type: 'group', slug: params.slug }, params.version),
  ),
})

/** /api/v1/groups/{slug}/versions */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listGroupVersions } from '@/app/api/v1/policy-version-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listGroupVersions, async ({ services, actor, params, query }) =>
    services.policyVersions.list(actor, { type: 'group', slug: params.slug }, query),
  ),
})

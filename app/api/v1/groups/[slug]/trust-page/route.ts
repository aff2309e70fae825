/** /api/v1/groups/{slug}/trust-page */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getTrustPage, switchTrustPage } from '@/app/api/v1/groups/trust-page-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getTrustPage, async ({ services, actor, params }) => services.trust.setting(actor, params.slug)),
  PATCH: apiRoute(switchTrustPage, async ({ services, actor, params, body }) =>
    services.trust.switchPage(actor, params.slug, body.enabled),
  ),
})

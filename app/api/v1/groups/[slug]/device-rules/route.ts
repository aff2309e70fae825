/** /api/v1/groups/{slug}/device-rules */
import { apiResource, apiRoute } from '@/app/api/_door'
import { changeDeviceRules, getDeviceRules } from '@/app/api/v1/groups/device-rules-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getDeviceRules, async ({ services, actor, params }) => services.deviceRules.get(actor, params.slug)),
  PATCH: apiRoute(changeDeviceRules, async ({ services, actor, params, body }) =>
    services.deviceRules.change(actor, params.slug, body.rules),
  ),
})

/** /api/v1/groups/{slug}/device-rules/dry-run */
import { apiResource, apiRoute } from '@/app/api/_door'
import { tryDeviceRules } from '@/app/api/v1/groups/device-rules-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(tryDeviceRules, async ({ services, actor, params, body }) =>
    services.deviceRules.dryRun(actor, params.slug, body.rules),
  ),
})

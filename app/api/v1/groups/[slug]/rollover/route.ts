/** /api/v1/groups/{slug}/rollover */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getRollover, rescheduleRollover, stageRollover } from '@/app/api/v1/groups/rollover-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getRollover, async ({ services, actor, params }) => services.rollover.get(actor, params.slug)),
  POST: apiRoute(stageRollover, async ({ services, actor, params, body }) =>
    services.rollover.stage(actor, params.slug, { ...body, activatesAt: new Date(body.activatesAt) }),
  ),
  PATCH: apiRoute(rescheduleRollover, async ({ services, actor, params, body }) =>
    services.rollover.reschedule(actor, params.slug, new Date(body.activatesAt)),
  ),
})

/** /api/v1/groups/{slug}/rollover/cancel */
import { apiResource, apiRoute } from '@/app/api/_door'
import { cancelRollover } from '@/app/api/v1/groups/rollover-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(cancelRollover, async ({ services, actor, params }) => services.rollover.cancel(actor, params.slug)),
})

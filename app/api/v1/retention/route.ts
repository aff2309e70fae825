/** /api/v1/retention */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getRetention, setRetention } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getRetention, async ({ services, actor }) => services.retention.get(actor)),
  PATCH: apiRoute(setRetention, async ({ services, actor, body }) => services.retention.set(actor, body)),
})

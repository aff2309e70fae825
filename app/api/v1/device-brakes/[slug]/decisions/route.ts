/** /api/v1/device-brakes/{slug}/decisions */
import { apiResource, apiRoute } from '@/app/api/_door'
import { decideBraked } from '@/app/api/v1/device-brakes/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(decideBraked, async ({ services, actor, params, body: { decision, actions, seen } }) =>
    services.deviceBrake.decide(actor, params.slug, decision, actions ?? 'all', seen),
  ),
})

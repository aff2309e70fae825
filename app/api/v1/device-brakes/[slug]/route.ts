/** /api/v1/device-brakes/{slug} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { changeDeviceBrake, getDeviceBrake } from '@/app/api/v1/device-brakes/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getDeviceBrake, async ({ services, actor, params }) => services.deviceBrake.braked(actor, params.slug)),
  PATCH: apiRoute(changeDeviceBrake, async ({ services, actor, params, body }) =>
    services.deviceBrake.change(actor, params.slug, body),
  ),
})

/** /api/v1/devices/{device} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getDevice } from '@/app/api/v1/devices/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getDevice, async ({ services, actor, params }) => services.devices.get(actor, params.device)),
})

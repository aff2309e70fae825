/** /api/v1/devices/{device}/revoke-challenges */
import { apiResource, apiRoute } from '@/app/api/_door'
import { revokeDeviceChallenges } from '@/app/api/v1/devices/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(revokeDeviceChallenges, async ({ services, actor, params }) => ({
    revoked: await services.devices.revokeChallenges(actor, params.device),
  })),
})

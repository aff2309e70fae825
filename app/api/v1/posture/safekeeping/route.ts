/** /api/v1/posture/safekeeping */
import { apiResource, apiRoute } from '@/app/api/_door'
import { confirmSafekeeping } from '@/app/api/v1/posture/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(confirmSafekeeping, async ({ services, actor, body }) => {
    await services.posture.confirmSafekeeping(actor, body)
    return services.posture.get(actor)
  }),
})

/** /api/v1/posture/accepted-risks */
import { apiResource, apiRoute } from '@/app/api/_door'
import { acceptRisk } from '@/app/api/v1/posture/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(acceptRisk, async ({ services, actor, body: { check, reason, until } }) =>
    services.posture.accept(actor, check, { reason, until: new Date(`${until}T23:59:59Z`) }),
  ),
})

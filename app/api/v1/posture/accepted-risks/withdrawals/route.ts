/** /api/v1/posture/accepted-risks/withdrawals */
import { apiResource, apiRoute } from '@/app/api/_door'
import { withdrawRisk } from '@/app/api/v1/posture/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(withdrawRisk, async ({ services, actor, body }) => {
    await services.posture.withdraw(actor, body.check)
    return services.posture.get(actor)
  }),
})

/** /api/v1/challenges/{id}/revoke */
import { apiResource, apiRoute } from '@/app/api/_door'
import { revokeChallenge } from '@/app/api/v1/challenges/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(revokeChallenge, async ({ services, actor, params, body }) =>
    services.challenges.revoke(actor, params.id, body.reason),
  ),
})

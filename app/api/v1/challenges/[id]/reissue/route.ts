/** /api/v1/challenges/{id}/reissue */
import { apiResource, apiRoute } from '@/app/api/_door'
import { reissueChallenge } from '@/app/api/v1/challenges/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(reissueChallenge, async ({ services, actor, params }) =>
    services.challenges.reissue(actor, params.id),
  ),
})

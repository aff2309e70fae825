/** /api/v1/challenges/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getChallenge } from '@/app/api/v1/challenges/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getChallenge, async ({ services, actor, params }) => services.challenges.get(actor, params.id)),
})

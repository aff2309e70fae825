/** /api/v1/challenges */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listChallenges, mintChallenge } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listChallenges, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.challenges.list(actor, filter, page)
  }),
  POST: apiRoute(mintChallenge, async ({ services, actor, body }) => services.challenges.mint(actor, body)),
})

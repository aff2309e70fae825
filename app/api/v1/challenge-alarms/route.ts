/** /api/v1/challenge-alarms */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listChallengeAlarms } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listChallengeAlarms, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.alarms.list(actor, filter, page)
  }),
})

/** /api/v1/endpoints/{slug}/simulate */
import { apiResource, apiRoute } from '@/app/api/_door'
import { simulateRequest } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(simulateRequest, async ({ services, actor, params, body }) =>
    services.simulation.simulate(actor, params.slug, body),
  ),
})

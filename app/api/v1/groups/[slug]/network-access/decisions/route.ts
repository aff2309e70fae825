/** /api/v1/groups/{slug}/network-access/decisions */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listNetworkDecisions } from '@/app/api/v1/groups/network-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listNetworkDecisions, async ({ services, actor, params }) =>
    services.networkHistory.ofGroup(actor, params.slug),
  ),
})

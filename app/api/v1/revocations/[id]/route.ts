/** /api/v1/revocations/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getBulkRevocation } from '@/app/api/v1/revocations/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getBulkRevocation, async ({ services, actor, params }) =>
    services.bulkRevocations.get(actor, params.id),
  ),
})

/** /api/v1/revocations/{id}/stop */
import { apiResource, apiRoute } from '@/app/api/_door'
import { stopBulkRevocation } from '@/app/api/v1/revocations/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(stopBulkRevocation, async ({ services, actor, params }) =>
    services.bulkRevocations.stop(actor, params.id),
  ),
})

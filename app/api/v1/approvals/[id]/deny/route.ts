/** /api/v1/approvals/{id}/deny */
import { apiResource, apiRoute } from '@/app/api/_door'
import { denyRequest } from '@/app/api/v1/approvals/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(denyRequest, async ({ services, actor, params, body }) =>
    services.approvals.deny(actor, params.id, body.comment),
  ),
})

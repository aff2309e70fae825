/** /api/v1/approvals/{id}/approve */
import { apiResource, apiRoute } from '@/app/api/_door'
import { approveRequest } from '@/app/api/v1/approvals/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(approveRequest, async ({ services, actor, params, body }) =>
    services.approvals.approve(actor, params.id, body.comment),
  ),
})

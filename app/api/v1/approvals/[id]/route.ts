/** /api/v1/approvals/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getApproval } from '@/app/api/v1/approvals/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getApproval, async ({ services, actor, params }) => services.approvals.get(actor, params.id)),
})

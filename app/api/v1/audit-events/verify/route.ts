/** /api/v1/audit-events/verify */
import { apiResource, apiRoute } from '@/app/api/_door'
import { verifyAuditEvents } from '@/app/api/v1/audit-events/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(verifyAuditEvents, async ({ services, actor }) => services.audit.verify(actor)),
})

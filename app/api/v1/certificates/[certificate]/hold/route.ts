/** /api/v1/certificates/{certificate}/hold */
import { apiResource, apiRoute } from '@/app/api/_door'
import { holdCertificate } from '@/app/api/v1/certificates/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(holdCertificate, async ({ services, actor, params, body }) =>
    services.certificates.revoke(actor, params.certificate, { ...body, reason: 'certificateHold' }),
  ),
})

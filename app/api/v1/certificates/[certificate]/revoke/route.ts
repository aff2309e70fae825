/** /api/v1/certificates/{certificate}/revoke */
import { apiResource, apiRoute } from '@/app/api/_door'
import { revokeCertificate } from '@/app/api/v1/certificates/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(revokeCertificate, async ({ services, actor, params, body }) =>
    services.certificates.revoke(actor, params.certificate, body),
  ),
})

/** /api/v1/certificates/{certificate}/release */
import { apiResource, apiRoute } from '@/app/api/_door'
import { releaseCertificate } from '@/app/api/v1/certificates/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(releaseCertificate, async ({ services, actor, params, body }) =>
    services.certificates.release(actor, params.certificate, body),
  ),
})

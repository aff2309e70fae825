/** /api/v1/certificates/{certificate} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getCertificate } from '@/app/api/v1/certificates/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getCertificate, async ({ services, actor, params }) =>
    services.certificates.get(actor, params.certificate),
  ),
})

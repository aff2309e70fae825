/** /api/v1/certificates/{certificate}/provenance */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getProvenance } from '@/app/api/v1/certificates/provenance-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getProvenance, async ({ services, actor, params }) =>
    services.provenance.of(actor, params.certificate),
  ),
})

/** /api/v1/authorities/requests/{id}/certificate */
import { apiResource, apiRoute } from '@/app/api/_door'
import { acceptAuthority } from '@/app/api/v1/authorities/import-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(acceptAuthority, async ({ services, actor, params, body }) =>
    services.authorityImports.acceptCertificate(actor, params.id, Buffer.from(body.pem, 'utf8')),
  ),
})

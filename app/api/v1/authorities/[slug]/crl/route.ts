/** /api/v1/authorities/{slug}/crl */
import { apiResource, apiRoute } from '@/app/api/_door'
import { importAuthorityCrl } from '@/app/api/v1/authorities/import-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(importAuthorityCrl, async ({ services, actor, params, body }) =>
    services.authorityImports.importCrl(actor, params.slug, Buffer.from(body.pem, 'utf8')),
  ),
})

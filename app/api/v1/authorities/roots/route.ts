/** /api/v1/authorities/roots */
import { apiResource, apiRoute } from '@/app/api/_door'
import { importRoot } from '@/app/api/v1/authorities/import-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(importRoot, async ({ services, actor, body }) =>
    services.authorityImports.importRoot(actor, Buffer.from(body.pem, 'utf8')),
  ),
})

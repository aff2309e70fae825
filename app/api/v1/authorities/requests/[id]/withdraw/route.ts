/** /api/v1/authorities/requests/{id}/withdraw */
import { apiResource, apiRoute } from '@/app/api/_door'
import { withdrawAuthority } from '@/app/api/v1/authorities/import-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(withdrawAuthority, async ({ services, actor, params }) => {
    await services.authorityImports.withdrawRequest(actor, params.id)
    return { id: params.id }
  }),
})

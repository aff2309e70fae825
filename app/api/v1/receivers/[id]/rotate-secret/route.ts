/** /api/v1/receivers/{id}/rotate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { rotateReceiverSecret } from '@/app/api/v1/receivers/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(rotateReceiverSecret, async ({ services, actor, params }) => {
    const { view, secret } = await services.connectors.rotateReceiverSecret(actor, params.id)
    return { ...view, secret }
  }),
})

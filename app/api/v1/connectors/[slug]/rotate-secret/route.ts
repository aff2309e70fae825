/** /api/v1/connectors/{slug}/rotate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { rotateConnectorSecret } from '@/app/api/v1/connectors/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(rotateConnectorSecret, async ({ services, actor, params }) => {
    const { view, hookSecret } = await services.mdmConnectors.rotateHookSecret(actor, params.slug)
    return { ...view, hookSecret }
  }),
})

/** /api/v1/connectors/{slug} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getConnector, updateConnector } from '@/app/api/v1/connectors/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getConnector, ({ services, actor, params }) => services.mdmConnectors.get(actor, params.slug)),
  PATCH: apiRoute(updateConnector, ({ services, actor, params, body }) =>
    services.mdmConnectors.change(actor, params.slug, body),
  ),
})

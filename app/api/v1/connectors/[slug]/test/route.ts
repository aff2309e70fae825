/** /api/v1/connectors/{slug}/test */
import { apiResource, apiRoute } from '@/app/api/_door'
import { testConnector } from '@/app/api/v1/connectors/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(testConnector, ({ services, actor, params }) => services.mdmConnectors.test(actor, params.slug)),
})

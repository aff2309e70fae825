/** /api/v1/default-endpoint */
import { apiResource, apiRoute } from '@/app/api/_door'
import { chooseDefaultEndpoint, getDefaultEndpoint } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getDefaultEndpoint, async ({ services, actor }) => services.defaultEndpoint.get(actor)),
  PATCH: apiRoute(chooseDefaultEndpoint, async ({ services, actor, body }) =>
    services.defaultEndpoint.choose(actor, body.endpoint),
  ),
})

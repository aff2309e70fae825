/** /api/v1/receivers/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getReceiver, updateReceiver } from '@/app/api/v1/receivers/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getReceiver, ({ services, actor, params }) => services.connectors.receiver(actor, params.id)),
  PATCH: apiRoute(updateReceiver, ({ services, actor, params, body }) =>
    services.connectors.updateReceiver(actor, params.id, body),
  ),
})

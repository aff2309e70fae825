/** /api/v1/validators/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getValidator, updateValidator } from '@/app/api/v1/validators/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getValidator, ({ services, actor, params }) => services.connectors.validator(actor, params.id)),
  PATCH: apiRoute(updateValidator, ({ services, actor, params, body }) =>
    services.connectors.updateValidator(actor, params.id, body),
  ),
})

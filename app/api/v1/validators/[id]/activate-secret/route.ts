/** /api/v1/validators/{id}/activate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { activateValidatorSecret } from '@/app/api/v1/validators/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(activateValidatorSecret, ({ services, actor, params }) =>
    services.connectors.activateValidatorSecret(actor, params.id),
  ),
})

/** /api/v1/validators/{id}/rotate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { rotateValidatorSecret } from '@/app/api/v1/validators/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(rotateValidatorSecret, ({ services, actor, params }) =>
    services.connectors.rotateValidatorSecret(actor, params.id),
  ),
})

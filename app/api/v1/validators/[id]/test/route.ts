/** /api/v1/validators/{id}/test */
import { apiResource, apiRoute } from '@/app/api/_door'
import { testValidator } from '@/app/api/v1/validators/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(testValidator, ({ services, actor, params }) => services.connectors.testValidator(actor, params.id)),
})

/** /api/v1/users/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { updateUser } from '@/app/api/v1/users/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  PATCH: apiRoute(updateUser, async ({ services, actor, params, body }) =>
    services.access.updateUser(actor, params.id, body),
  ),
})

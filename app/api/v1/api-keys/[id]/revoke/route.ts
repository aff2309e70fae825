/** /api/v1/api-keys/{id}/revoke */
import { apiResource, apiRoute } from '@/app/api/_door'
import { revokeApiKey } from '@/app/api/v1/api-keys/operations'
import { Refusal } from '@/lib/errors'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(revokeApiKey, async ({ services, actor, params }) => {
    await services.access.revokeApiKey(actor, params.id)
    const key = (await services.access.apiKeys(actor)).find(({ id }) => id === params.id)
    if (key === undefined) throw new Refusal('not_found', 'There is no such API key.')
    return key
  }),
})

/** /api/v1/groups/{slug}/retirement */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getGroupRetirement, retireGroup } from '@/app/api/v1/groups/retirement-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getGroupRetirement, async ({ services, actor, params }) =>
    services.groupRetirement.get(actor, params.slug),
  ),
  POST: apiRoute(retireGroup, async ({ services, actor, params, body: { retired, confirmation = '' } }) =>
    retired
      ? services.groupRetirement.retire(actor, params.slug, { confirmation })
      : services.groupRetirement.reopen(actor, params.slug),
  ),
})

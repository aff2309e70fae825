/** /api/v1/activity/{of} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getActivity, requestOf } from '@/app/api/v1/activity/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getActivity, async ({ services, actor, params, query }) =>
    services.activity.summary(actor, { ...requestOf(params.of), ...query }),
  ),
})

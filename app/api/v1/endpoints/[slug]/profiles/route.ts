/** /api/v1/endpoints/{slug}/profiles */
import { apiResource, apiRoute } from '@/app/api/_door'
import { listEndpointProfiles } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listEndpointProfiles, async ({ services, actor, params, query }) =>
    services.mdmProfiles.overview(actor, params.slug, query),
  ),
})

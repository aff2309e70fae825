/** /api/v1/groups/{slug}/break-glass/replace */
import { apiResource, apiRoute } from '@/app/api/_door'
import { replaceIssuer } from '@/app/api/v1/groups/break-glass-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(replaceIssuer, async ({ services, actor, params, body }) =>
    services.breakGlass.replaceIssuer(actor, params.slug, body),
  ),
})

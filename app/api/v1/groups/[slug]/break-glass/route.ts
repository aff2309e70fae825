/** /api/v1/groups/{slug}/break-glass */
import { apiResource, apiRoute } from '@/app/api/_door'
import { breakGlass, getBreakGlass } from '@/app/api/v1/groups/break-glass-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getBreakGlass, async ({ services, actor, params, query }) =>
    services.breakGlass.get(actor, params.slug, query.issuer),
  ),
  POST: apiRoute(breakGlass, async ({ services, actor, params, body: { dryRun, confirmation, ...request } }) =>
    dryRun
      ? services.breakGlass.drill(actor, params.slug, request.issuer)
      : services.breakGlass.revokeIssuer(actor, params.slug, { ...request, confirmation: confirmation ?? '' }),
  ),
})

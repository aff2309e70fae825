/** /api/v1/groups/{slug}/network-access */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getNetworkAccess, updateNetworkAccess } from '@/app/api/v1/groups/network-operations'
import type { Weekday } from '@/lib/services/access-windows'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getNetworkAccess, async ({ services, actor, params }) =>
    services.networkAccess.get(actor, params.slug),
  ),
  PATCH: apiRoute(updateNetworkAccess, async ({ services, actor, params, body: { windows, ...change } }) => {
    const hours = windows?.map((window) => ({ ...window, days: window.days as Weekday[] }))
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    return services.networkAccess.update(actor, params.slug, { ...given, ...(hours && { windows: hours }) })
  }),
})

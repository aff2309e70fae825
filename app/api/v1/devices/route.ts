/** /api/v1/devices */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listDevices } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listDevices, async ({ services, actor, query }) => {
    const { page, filter } = pageAndFilter(query)
    return services.devices.list(actor, filter, page)
  }),
})

/** /api/v1/device-brakes */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { listDeviceBrakes } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listDeviceBrakes, async ({ services, actor, query }) =>
    pageThrough(await services.deviceBrake.list(actor), pageAndFilter(query).page, ({ connector }) => connector.id),
  ),
})

/** /api/v1/receivers */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createReceiver, listReceivers } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listReceivers, async ({ services, actor, query }) =>
    pageThrough(await services.connectors.receivers(actor), pageAndFilter(query).page, ({ id }) => id),
  ),
  POST: apiRoute(createReceiver, async ({ services, actor, body }) => {
    const { view, secret } = await services.connectors.createReceiver(actor, body)
    return { ...view, secret }
  }),
})

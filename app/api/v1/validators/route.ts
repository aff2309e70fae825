/** /api/v1/validators */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createValidator, listValidators } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listValidators, async ({ services, actor, query }) =>
    pageThrough(await services.connectors.validators(actor), pageAndFilter(query).page, ({ id }) => id),
  ),
  POST: apiRoute(createValidator, async ({ services, actor, body }) => {
    const { view, secret } = await services.connectors.createValidator(actor, body)
    return { ...view, secret }
  }),
})

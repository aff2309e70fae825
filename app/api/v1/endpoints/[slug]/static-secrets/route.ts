/** /api/v1/endpoints/{slug}/static-secrets */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createStaticSecret, listStaticSecrets } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listStaticSecrets, async ({ services, actor, params, query }) =>
    pageThrough(await services.staticSecrets.list(actor, params.slug), pageAndFilter(query).page, ({ id }) => id),
  ),
  POST: apiRoute(createStaticSecret, async ({ services, actor, params, body }) => {
    const { secret, view } = await services.staticSecrets.create(actor, params.slug, body)
    return { ...view, secret }
  }),
})

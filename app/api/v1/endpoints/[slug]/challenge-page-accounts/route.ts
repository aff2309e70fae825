/** /api/v1/endpoints/{slug}/challenge-page-accounts */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { pageThrough } from '@/app/api/_paging'
import { createPageAccount, listPageAccounts } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listPageAccounts, async ({ services, actor, params, query }) =>
    pageThrough(
      await services.challengePageAccounts.list(actor, params.slug),
      pageAndFilter(query).page,
      ({ id }) => id,
    ),
  ),
  POST: apiRoute(createPageAccount, async ({ services, actor, params, body }) => {
    const { secret, view } = await services.challengePageAccounts.create(actor, params.slug, body)
    return { ...view, secret }
  }),
})

/** /api/v1/endpoints/{slug}/challenge-page-accounts/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getPageAccount, updatePageAccount } from '@/app/api/v1/endpoints/[slug]/challenge-page-accounts/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getPageAccount, ({ services, actor, params }) =>
    services.challengePageAccounts.get(actor, params.slug, params.id),
  ),
  PATCH: apiRoute(updatePageAccount, ({ services, actor, params, body }) =>
    services.challengePageAccounts.update(actor, params.slug, params.id, body),
  ),
})

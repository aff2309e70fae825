/** /api/v1/endpoints/{slug}/challenge-page-accounts/{id}/rotate-secret */
import { apiResource, apiRoute } from '@/app/api/_door'
import { rotatePageSecret } from '@/app/api/v1/endpoints/[slug]/challenge-page-accounts/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(rotatePageSecret, async ({ services, actor, params, body }) => {
    const { secret, view } = await services.challengePageAccounts.rotate(actor, params.slug, params.id, body.graceHours)
    return { ...view, secret }
  }),
})

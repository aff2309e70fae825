/** /api/v1/endpoints/{slug}/static-secrets/{id}/revoke */
import { apiResource, apiRoute } from '@/app/api/_door'
import { revokeStaticSecret } from '@/app/api/v1/endpoints/[slug]/static-secrets/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(revokeStaticSecret, async ({ services, actor, params }) =>
    services.staticSecrets.revoke(actor, params.slug, params.id),
  ),
})

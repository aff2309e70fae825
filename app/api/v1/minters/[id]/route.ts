/** /api/v1/minters/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getMinter, updateMinter } from '@/app/api/v1/minters/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getMinter, async ({ services, actor, params }) => services.minters.get(actor, params.id)),
  PATCH: apiRoute(updateMinter, async ({ services, actor, params: { id }, body }) => {
    const { enabled, jwks, ...change } = body
    const given = { ...change, ...(jwks === undefined ? {} : { jwks: JSON.stringify(jwks) }) }
    if (Object.keys(given).length > 0) await services.minters.update(actor, id, given)
    return enabled === undefined ? services.minters.get(actor, id) : services.minters.setEnabled(actor, id, enabled)
  }),
})

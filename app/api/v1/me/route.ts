/** /api/v1/me */
import { apiResource, apiRoute } from '@/app/api/_door'
import { permissionsOf } from '@/lib/services/permissions'
import { getMe } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getMe, async ({ actor }) => {
    const endpoints = actor.scope === undefined ? null : [...actor.scope]
    const groups = actor.groups === undefined ? null : [...actor.groups]
    return {
      type: actor.type,
      id: actor.id,
      name: actor.name,
      role: actor.role,
      permissions: permissionsOf(actor),
      endpoints,
      groups,
    }
  }),
})

/** /api/v1/me */
import { apiResource, apiRoute } from '@/app/api/_door'
import { can, PERMISSIONS, type Permission } from '@/lib/services/permissions'
import { getMe } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getMe, async ({ actor }) => {
    const permissions = (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => can(actor, permission))
    return { type: actor.type, id: actor.id, name: actor.name, role: actor.role, permissions }
  }),
})

/** /api/v1/mail-server/remove */
import { apiResource, apiRoute } from '@/app/api/_door'
import { removeMailServer } from '@/app/api/v1/mail-server/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(removeMailServer, async ({ services, actor }) => {
    await services.mailServer.remove(actor)
    return { removed: true as const }
  }),
})

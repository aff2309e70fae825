/** /api/v1/mail-server */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getMailServer, setMailServer } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getMailServer, async ({ services, actor }) => ({ mailServer: await services.mailServer.get(actor) })),
  POST: apiRoute(setMailServer, async ({ services, actor, body }) => ({
    mailServer: await services.mailServer.set(actor, body),
  })),
})

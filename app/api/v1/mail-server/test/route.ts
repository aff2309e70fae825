/** /api/v1/mail-server/test */
import { apiResource, apiRoute } from '@/app/api/_door'
import { testMailServer } from '@/app/api/v1/mail-server/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(testMailServer, async ({ services, actor, body }) => services.mailServer.test(actor, body.to)),
})

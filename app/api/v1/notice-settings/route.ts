/** /api/v1/notice-settings */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getNoticeSettings, updateNoticeSettings } from '@/app/api/v1/notices/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getNoticeSettings, async ({ services, actor }) => services.notices.settings(actor)),
  PATCH: apiRoute(updateNoticeSettings, async ({ services, actor, body }) =>
    services.notices.changeSettings(actor, body),
  ),
})

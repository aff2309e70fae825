/** /api/v1/posture */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getPosture } from './operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getPosture, async ({ services, actor }) => services.posture.get(actor)),
})

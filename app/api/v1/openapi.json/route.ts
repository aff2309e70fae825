/** /api/v1/openapi.json */
import { apiResource, apiRoute } from '@/app/api/_door'
import { openApiDocument } from '@/app/api/_openapi'
import { describeApiInFull } from '@/app/api/v1/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(describeApiInFull, async () => openApiDocument()),
})

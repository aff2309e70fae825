/** /api/v1 */
import { apiResource, apiRoute } from '@/app/api/_door'
import { OPERATIONS } from '@/app/api/_operations'
import { describeApi } from '@/app/api/v1/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(describeApi, async () => ({
    name: 'Latchkey API',
    documentation: '/api/v1/openapi.json',
    operations: OPERATIONS.map(({ method, path, summary }) => ({ method, path: `/api/v1${path}`, summary })),
  })),
})

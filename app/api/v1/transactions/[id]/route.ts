/** /api/v1/transactions/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getTransaction } from '@/app/api/v1/transactions/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getTransaction, async ({ services, actor, params }) => services.transactions.get(actor, params.id)),
})

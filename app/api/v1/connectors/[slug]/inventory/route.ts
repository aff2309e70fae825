/** /api/v1/connectors/{slug}/inventory */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getConnectorInventory } from '@/app/api/v1/connectors/inventory-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getConnectorInventory, async ({ services, actor, params }) => ({
    lastReading: await services.inventoryReadings.last(actor, params.slug),
  })),
})

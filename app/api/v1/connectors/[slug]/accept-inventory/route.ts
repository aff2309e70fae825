/** /api/v1/connectors/{slug}/accept-inventory */
import { apiResource, apiRoute } from '@/app/api/_door'
import { acceptConnectorInventory } from '@/app/api/v1/connectors/inventory-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  POST: apiRoute(acceptConnectorInventory, async ({ services, actor, params, body: { reading } }) => ({
    lastReading: await services.inventoryReadings.accept(actor, params.slug, reading),
  })),
})

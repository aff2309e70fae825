/** Inventories of connectors: how the last reading went, and the word that a fleet is smaller indeed. */
import { z } from 'zod'
import { instant, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Inventory = z
  .object({
    lastReading: z
      .object({
        id: z.string(),
        startedAt: instant,
        finishedAt: instant,
        seen: z.int().meta({ description: 'Devices.' }),
        missing: z.int().meta({ description: 'Managed devices that it did not see.' }),
        whole: z.boolean().meta({
          description:
            'Whether they count as missing. Otherwise it saw under 80 % of the one before, and removes nothing.',
        }),
        before: z.int().nullable().meta({
          description: 'What the reading saw that it was measured against; null where it is whole.',
        }),
      })
      .nullable()
      .meta({ description: 'The last that came to its end.' }),
  })
  .meta({ id: 'ConnectorInventory', description: 'How the inventory of an MDM was read last.' })

const reading: NonNullable<z.input<typeof Inventory>['lastReading']> = {
  id: '0198d2d2-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
  startedAt: new Date('2026-11-23T10:00:00Z'),
  finishedAt: new Date('2026-11-23T10:01:30Z'),
  seen: 1200,
  missing: 800,
  whole: false,
  before: 2000,
}
const params = z.strictObject({ slug })

export const getConnectorInventory = operation({
  id: 'getConnectorInventory',
  method: 'GET',
  path: '/connectors/{slug}/inventory',
  tag: 'Connectors',
  summary: 'Get the last reading of an inventory',
  description: 'Of connectors whose MDM shows its whole inventory.',
  access: 'connector:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The last reading.',
    schema: Inventory,
    example: { lastReading: reading },
  },
  refusals: ['not_found'],
})

export const acceptConnectorInventory = operation({
  id: 'acceptConnectorInventory',
  method: 'POST',
  path: '/connectors/{slug}/accept-inventory',
  tag: 'Connectors',
  summary: 'Accept a smaller inventory',
  description:
    'For a fleet that shrank: later readings are measured against this one. Devices that the next one does not see either are removed, and the rules of their groups answer that, within the brake. Refused when the inventory was read again meanwhile.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({ reading: z.uuid().meta({ description: 'Id of the last reading, whose figures were looked at.' }) })
    .meta({ id: 'InventoryAcceptance' }),
  bodyExample: { reading: reading.id },
  answer: {
    status: 200,
    description: 'The reading, which is whole now.',
    schema: Inventory,
    example: { lastReading: { ...reading, whole: true, before: null } },
  },
  refusals: ['not_found', 'conflict'],
})

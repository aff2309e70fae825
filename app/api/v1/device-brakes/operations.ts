/** Brakes of MDMs: what waits behind them for an administrator's word, and how much they let pass. */
import { z } from 'zod'
import { instant, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { DEVICE_TRIGGERS } from '@/app/api/v1/devices/operations'

const DeviceBrake = z
  .object({
    connector: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
    mostPerHour: z
      .number()
      .int()
      .meta({ description: "Devices that may lose certificates within an hour without an administrator's word." }),
    pulledAt: instant.nullable(),
    waiting: z.number().int().meta({ description: 'Devices that wait behind it.' }),
  })
  .meta({ id: 'DeviceBrake' })

const example: z.input<typeof DeviceBrake> = {
  connector: { id: '0198d2e0-54ff-7aa1-9b0c-1d2e3f4a5b6c', slug: 'jamf', name: 'Jamf Pro' },
  mostPerHour: 25,
  pulledAt: new Date('2026-11-23T09:00:00Z'),
  waiting: 40,
}

const params = z.strictObject({ slug })

export const listDeviceBrakes = operation({
  id: 'listDeviceBrakes',
  method: 'GET',
  path: '/device-brakes',
  tag: 'Devices',
  summary: 'List the brakes of the MDMs',
  description: 'Those that are pulled first.',
  access: 'certificate:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of brakes.',
    schema: pageOf('DeviceBrakePage', DeviceBrake),
    example: { items: [example], nextCursor: null },
  },
})

export const getDeviceBrake = operation({
  id: 'getDeviceBrake',
  method: 'GET',
  path: '/device-brakes/{slug}',
  tag: 'Devices',
  summary: 'Read what waits behind the brake of an MDM',
  description: 'At most 200 of them, those that wait longest.',
  access: 'certificate:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The brake and what waits.',
    schema: z
      .object({
        brake: DeviceBrake,
        actions: z.array(
          z.object({
            id: z.string(),
            device: z.object({ id: z.string(), name: z.string() }),
            trigger: z.enum(DEVICE_TRIGGERS),
            action: z.enum(['hold', 'revoke']),
            createdAt: instant,
            certificates: z.number().int(),
          }),
        ),
      })
      .meta({ id: 'DeviceBrakeDetail' }),
    example: { brake: example, actions: [] },
  },
  refusals: ['not_found'],
})

export const changeDeviceBrake = operation({
  id: 'changeDeviceBrake',
  method: 'PATCH',
  path: '/device-brakes/{slug}',
  tag: 'Devices',
  summary: 'Change how much the brake of an MDM lets pass',
  description: 'With 0 every device waits for an administrator.',
  access: 'device-rule:manage',
  rate: 'change',
  params,
  body: z.strictObject({ mostPerHour: z.int().min(0).max(1_000_000) }),
  bodyExample: { mostPerHour: 25 },
  answer: { status: 200, description: 'The brake as it is now.', schema: DeviceBrake, example },
  refusals: ['not_found', 'invalid_input'],
})

export const decideBraked = operation({
  id: 'decideBraked',
  method: 'POST',
  path: '/device-brakes/{slug}/decisions',
  tag: 'Devices',
  summary: 'Decide about what waits behind the brake of an MDM',
  description: 'let_through does as the rules say. cancel leaves the certificates as they are.',
  access: 'device-rule:manage',
  rate: 'change',
  params,
  body: z.strictObject({
    decision: z.enum(['let_through', 'cancel']),
    actions: z
      .array(z.uuid())
      .max(1_000)
      .exactOptional()
      .meta({ description: 'Ids of actions; all that wait unless given.' }),
    seen: z
      .int()
      .min(0)
      .exactOptional()
      .meta({ description: 'How many devices you saw waiting. When more wait by now, nothing is decided about all.' }),
  }),
  bodyExample: { decision: 'let_through', seen: 40 },
  answer: {
    status: 200,
    description: 'How many devices it concerned, and the brake as it is now.',
    schema: z.object({ devices: z.number().int(), brake: DeviceBrake }).meta({ id: 'BrakeDecision' }),
    example: { devices: 40, brake: { ...example, pulledAt: null, waiting: 0 } },
  },
  refusals: ['not_found', 'conflict', 'invalid_input'],
})

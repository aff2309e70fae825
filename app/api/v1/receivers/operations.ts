/** Receivers: other SCEP servers that ask us about challenges, by webhook. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Receiver = z
  .object({
    id: z.string().meta({ description: 'What the other server sends as X-Smallstep-Webhook-ID.' }),
    name: z.string(),
    endpoint: z.object({ slug: z.string(), name: z.string() }),
    url: z.string().meta({ description: 'Where the other server posts to.' }),
    renewBySubject: z.boolean(),
    previousSecretUntil: instant.nullable().meta({ description: 'Until when the secret before is believed too.' }),
    enabled: z.boolean(),
    createdBy: z.string(),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
  })
  .meta({ id: 'Receiver' })

const example: z.input<typeof Receiver> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  name: 'step-ca in Berlin',
  endpoint: { slug: 'staff', name: 'Staff' },
  url: 'https://pki.example.com/api/v1/challenges/validate',
  renewBySubject: false,
  previousSecretUntil: null,
  enabled: true,
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  lastUsedAt: null,
}

const params = z.strictObject({ id: z.uuid() })
const renewBySubject = z.boolean().exactOptional().meta({
  description:
    'Allow a request without a challenge if a valid certificate of the same subject is in its renewal window. It proves nothing: off unless the other server checks renewals itself.',
})
const WithSecret = Receiver.extend({
  secret: z.string().meta({ description: 'In base64. Returned here and never again.' }),
}).meta({ id: 'ReceiverWithSecret' })

export const listReceivers = operation({
  id: 'listReceivers',
  method: 'GET',
  path: '/receivers',
  tag: 'Connectors',
  summary: 'List receivers',
  description: 'The other servers that may ask, and when they last did.',
  access: 'connector:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of receivers.',
    schema: pageOf('ReceiverPage', Receiver),
    example: { items: [example], nextCursor: null },
  },
})

export const createReceiver = operation({
  id: 'createReceiver',
  method: 'POST',
  path: '/receivers',
  tag: 'Connectors',
  summary: 'Add a receiver',
  description: 'The secret that signs its messages to us is in this answer only.',
  access: 'connector:manage',
  rate: 'change',
  body: z.strictObject({ name: name(100), endpoint: slug, renewBySubject }).meta({ id: 'NewReceiver' }),
  bodyExample: { name: 'step-ca in Berlin', endpoint: 'staff' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The receiver, with its secret.',
    schema: WithSecret,
    example: { ...example, secret: '(the secret)' },
  },
})

export const getReceiver = operation({
  id: 'getReceiver',
  method: 'GET',
  path: '/receivers/{id}',
  tag: 'Connectors',
  summary: 'Get a receiver',
  description: 'One receiver.',
  access: 'connector:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The receiver.', schema: Receiver, example },
  refusals: ['not_found'],
})

export const updateReceiver = operation({
  id: 'updateReceiver',
  method: 'PATCH',
  path: '/receivers/{id}',
  tag: 'Connectors',
  summary: 'Change a receiver',
  description: 'Fields that are left out stay as they are. The messages of a disabled receiver are not believed.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({ name: name(100).exactOptional(), enabled: z.boolean().exactOptional(), renewBySubject })
    .meta({ id: 'ReceiverChange' }),
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The receiver, changed.',
    schema: Receiver,
    example: { ...example, enabled: false },
  },
  refusals: ['not_found'],
})

export const rotateReceiverSecret = operation({
  id: 'rotateReceiverSecret',
  method: 'POST',
  path: '/receivers/{id}/rotate-secret',
  tag: 'Connectors',
  summary: 'Replace the secret of a receiver',
  description: 'The secret before is believed for another day, so that the other server can be changed without a gap.',
  access: 'connector:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'The receiver, with its new secret.',
    schema: WithSecret,
    example: { ...example, secret: '(the secret)' },
  },
  refusals: ['not_found'],
})

/** Static secrets of an endpoint: created with all their bounds, listed without their values, revoked at once. */
import { z } from 'zod'
import { instant, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const StaticSecret = z
  .object({
    id: z.string(),
    state: z.enum(['active', 'exhausted', 'expired', 'revoked']),
    endpoint: z.object({ slug: z.string(), name: z.string() }),
    hint: z.string().meta({ description: 'How the value begins.' }),
    subjectTemplate: z.string(),
    allowedAddresses: z.array(z.string()),
    fromEverywhere: z.boolean().meta({ description: 'The addresses shut nobody out.' }),
    maxUses: z.number().int(),
    uses: z.number().int(),
    perHour: z.number().int(),
    createdBy: z.string(),
    createdAt: instant,
    expiresAt: instant,
    revokedAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
  })
  .meta({
    id: 'StaticSecret',
    description: 'A static secret without its value, which is returned once. Weak by nature.',
  })

const example: z.input<typeof StaticSecret> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  state: 'active',
  endpoint: { slug: 'printers', name: 'Printers' },
  hint: 'Kt4x',
  subjectTemplate: 'CN=printer-*,O=Example; dns:*.printers.example.com',
  allowedAddresses: ['10.20.0.0/16'],
  fromEverywhere: false,
  maxUses: 200,
  uses: 0,
  perHour: 20,
  createdBy: 'deployment script',
  createdAt: new Date('2026-11-23T09:10:00Z'),
  expiresAt: new Date('2027-02-21T09:10:00Z'),
  revokedAt: null,
  lastUsedAt: null,
}

export const listStaticSecrets = operation({
  id: 'listStaticSecrets',
  method: 'GET',
  path: '/endpoints/{slug}/static-secrets',
  tag: 'Static secrets',
  summary: 'List the static secrets of an endpoint',
  description: 'Newest first. Values are never listed.',
  access: 'static-secret:read',
  rate: 'read',
  params: z.strictObject({ slug }),
  query: z.strictObject(paging),
  answer: {
    status: 200,
    description: 'A page of static secrets.',
    schema: pageOf('StaticSecretPage', StaticSecret),
    example: { items: [example], nextCursor: null },
  },
  refusals: ['not_found'],
})

const NewStaticSecret = z
  .strictObject({
    subjectTemplate: text(1_000)
      .min(1)
      .meta({ description: 'Names that devices may ask for, such as CN=printer-*,O=Example; dns:*.example.com' }),
    allowedAddresses: z.array(text(50)).min(1).max(100).meta({ description: 'Addresses or CIDR blocks.' }),
    maxUses: z.int().min(1).max(100_000),
    perHour: z.int().min(1).max(10_000),
    expiresInDays: z.int().min(1).max(365),
  })
  .meta({ id: 'NewStaticSecret' })

export const createStaticSecret = operation({
  id: 'createStaticSecret',
  method: 'POST',
  path: '/endpoints/{slug}/static-secrets',
  tag: 'Static secrets',
  summary: 'Create a static secret',
  description:
    'Weak: whoever learns it can enrol within its bounds. Two may be active at a time. The value is in this answer only.',
  access: 'static-secret:manage',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: NewStaticSecret,
  bodyExample: {
    subjectTemplate: 'CN=printer-*,O=Example; dns:*.printers.example.com',
    allowedAddresses: ['10.20.0.0/16'],
    maxUses: 200,
    perHour: 20,
    expiresInDays: 90,
  },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The static secret, with its value.',
    schema: StaticSecret.extend({
      secret: z.string().meta({ description: 'The value. Returned here and never again.' }),
    }).meta({ id: 'CreatedStaticSecret' }),
    example: { ...example, secret: '(28 letters and digits)' },
  },
  refusals: ['not_found', 'conflict', 'unavailable'],
})

export const revokeStaticSecret = operation({
  id: 'revokeStaticSecret',
  method: 'POST',
  path: '/endpoints/{slug}/static-secrets/{id}/revoke',
  tag: 'Static secrets',
  summary: 'Revoke a static secret',
  description: 'It stops working at once and for good. Certificates it led to stay valid.',
  access: 'static-secret:manage',
  rate: 'change',
  params: z.strictObject({ slug, id: z.uuid() }),
  body: z.strictObject({}).meta({ id: 'StaticSecretRevocation' }),
  bodyExample: {},
  answer: {
    status: 200,
    description: 'The static secret, revoked.',
    schema: StaticSecret,
    example: { ...example, state: 'revoked', revokedAt: new Date('2026-11-23T09:15:00Z') },
  },
  refusals: ['not_found', 'conflict'],
})

/** API keys: who else may use this interface, and until when. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Role = z.enum(['admin', 'operator', 'auditor', 'radius']).meta({
  description: '`radius` is for RADIUS servers: it may ask whether a certificate is let in, and nothing else.',
})

const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    endpoints: z
      .array(z.object({ slug: z.string(), name: z.string() }))
      .nullable()
      .meta({ description: 'To whose challenges it is limited; null for a key that is not.' }),
    groups: z
      .array(z.object({ slug: z.string(), name: z.string() }))
      .nullable()
      .meta({ description: 'To which groups an operator’s key is limited; null for a key that is not.' }),
    hint: z.string().meta({ description: 'The first characters, to tell keys apart.' }),
    createdAt: instant,
    createdBy: z.string().nullable(),
    expiresAt: instant,
    lastUsedAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'ApiKey', description: 'An API key without its value, which is returned once, when it is made.' })

const apiKeyExample: z.input<typeof ApiKey> = {
  id: '0198d2bf-1000-7000-8000-000000000001',
  name: 'deployment script',
  role: 'operator',
  endpoints: null,
  groups: null,
  hint: 'lk_0198d2',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  createdBy: 'Ada Admin',
  expiresAt: new Date('2027-02-21T09:00:00Z'),
  lastUsedAt: null,
  revokedAt: null,
}

export const listApiKeys = operation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api-keys',
  tag: 'Access',
  summary: 'List API keys',
  description: 'Every key, revoked and expired ones too. Values are never listed.',
  access: 'api-key:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of API keys.',
    schema: pageOf('ApiKeyPage', ApiKey),
    example: { items: [apiKeyExample], nextCursor: null },
  },
})

export const createApiKey = operation({
  id: 'createApiKey',
  method: 'POST',
  path: '/api-keys',
  tag: 'Access',
  summary: 'Create an API key',
  description: 'The value is in this answer only. A key lives 90 days unless told otherwise, and a year at most.',
  access: 'api-key:manage',
  rate: 'change',
  body: z
    .strictObject({
      name: name(100),
      role: Role,
      expiresInDays: z.int().min(1).max(365).exactOptional(),
      endpoints: z.array(slug).min(1).max(50).nullable().exactOptional().meta({
        description:
          'Slugs. The key can then mint, read, revoke and check the challenges of these endpoints and read the endpoints, as its role allows, and nothing else. For operator and auditor.',
      }),
      groups: z.array(slug).min(1).max(50).nullable().exactOptional().meta({
        description:
          'Slugs. The key can then do what an operator of these groups can, and nothing that concerns others. For operator, and not with `endpoints`.',
      }),
    })
    .meta({ id: 'NewApiKey' }),
  bodyExample: { name: 'deployment script', role: 'operator', expiresInDays: 90 },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The key, with its value.',
    schema: ApiKey.extend({ key: z.string().meta({ description: 'The value. Returned here and never again.' }) }).meta({
      id: 'CreatedApiKey',
    }),
    example: { ...apiKeyExample, key: '(the key)' },
  },
})

export const revokeApiKey = operation({
  id: 'revokeApiKey',
  method: 'POST',
  path: '/api-keys/{id}/revoke',
  tag: 'Access',
  summary: 'Revoke an API key',
  description: 'The key stops working at once, also when it is the key of this very request.',
  access: 'api-key:manage',
  rate: 'change',
  params: z.strictObject({ id: z.uuid() }),
  answer: {
    status: 200,
    description: 'The key, revoked.',
    schema: ApiKey,
    example: { ...apiKeyExample, revokedAt: new Date('2026-11-23T11:00:00Z') },
  },
  refusals: ['not_found'],
})

/** Minters: who else signs challenges for which endpoints, within which limits. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { SAN_TYPES } from '@/lib/services/minter-limits'

const Minter = z
  .object({
    id: z.string(),
    name: z.string(),
    issuer: z.string().meta({ description: 'The iss of its tokens.' }),
    keys: z.array(
      z.object({
        kid: z.string(),
        algorithm: z.string(),
        thumbprint: z.string().meta({ description: 'RFC 7638, SHA-256: follows from the key alone.' }),
      }),
    ),
    jwksUrl: z
      .string()
      .nullable()
      .meta({ description: 'Where the keys came from. They are pinned, and not fetched again.' }),
    endpoints: z.array(z.object({ id: z.string(), slug: z.string(), name: z.string() })),
    subjectTemplate: z.string().nullable(),
    sanTypes: z.array(z.enum(SAN_TYPES)),
    maxTtlMinutes: z.number().int(),
    perHour: z.number().int(),
    createdBy: z.string(),
    createdAt: instant,
    disabledAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
  })
  .meta({ id: 'Minter', description: 'Somebody else who signs challenges, with the limits of what they may ask.' })

const minterExample: z.input<typeof Minter> = {
  id: '0198d2d0-0301-7f00-8a0b-2c3d4e5f6a7b',
  name: 'Fleet MDM',
  issuer: 'https://mdm.example.com',
  keys: [{ kid: '2026-11', algorithm: 'EdDSA', thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' }],
  jwksUrl: null,
  endpoints: [{ id: '0198d2c0-5a10-7d4c-b1a2-7e8f90a1b2c3', slug: 'staff', name: 'Staff' }],
  subjectTemplate: 'CN=*,O=Example',
  sanTypes: ['dns'],
  maxTtlMinutes: 60,
  perHour: 1000,
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  disabledAt: null,
  lastUsedAt: null,
}

const jwks = z
  .record(z.string(), z.unknown())
  .meta({ description: 'A JWK set of public keys, Ed25519 (EdDSA) or P-256 (ES256).' })
const jwksUrl = text(2_048).meta({
  description:
    'The https:// address of a JWK set. Without jwks its usable keys are fetched, this once, and pinned; with jwks it is only remembered.',
})
const limits = {
  subjectTemplate: text(1_024).nullable().exactOptional().meta({
    description: 'Subjects it may ask for, with * for what may vary. Null: any.',
  }),
  sanTypes: z
    .array(z.enum(SAN_TYPES))
    .max(5)
    .exactOptional()
    .meta({ description: 'Kinds of alternative names it may ask for; none unless given.' }),
  maxTtlMinutes: z.int().min(1).max(1440).exactOptional(),
  perHour: z.int().min(1).max(100_000).exactOptional(),
}
const endpoints = z.array(slug).min(1).max(100).meta({ description: 'Slugs of the endpoints it may mint for.' })

export const listMinters = operation({
  id: 'listMinters',
  method: 'GET',
  path: '/minters',
  tag: 'Challenges',
  summary: 'List minters',
  description: 'Oldest first, those that are switched off too.',
  access: 'minter:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of minters.',
    schema: pageOf('MinterPage', Minter),
    example: { items: [minterExample], nextCursor: null },
  },
})

const PUBLIC_KEY = { kty: 'OKP', crv: 'Ed25519', kid: '2026-11', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

export const createMinter = operation({
  id: 'createMinter',
  method: 'POST',
  path: '/minters',
  tag: 'Challenges',
  summary: 'Register a minter',
  description:
    'From then on challenges that it signs enrol at these endpoints. Give its public keys, or the address where it publishes them. Each endpoint publishes the keys to encrypt them to at /.well-known/latchkey/{endpoint}/jwks.json.',
  access: 'minter:manage',
  rate: 'change',
  body: z
    .strictObject({
      name: name(100),
      issuer: name(255),
      jwks: jwks.exactOptional(),
      jwksUrl: jwksUrl.exactOptional(),
      endpoints,
      ...limits,
    })
    .meta({ id: 'NewMinter' }),
  bodyExample: {
    name: 'Fleet MDM',
    issuer: 'https://mdm.example.com',
    jwks: { keys: [PUBLIC_KEY] },
    endpoints: ['staff'],
    subjectTemplate: 'CN=*,O=Example',
    sanTypes: ['dns'],
  },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The minter.',
    schema: Minter,
    example: minterExample,
    location: (minter) => `/minters/${minter.id}`,
  },
  refusals: ['not_found', 'conflict', 'unavailable'],
})

const params = z.strictObject({ id: z.uuid() })

export const getMinter = operation({
  id: 'getMinter',
  method: 'GET',
  path: '/minters/{id}',
  tag: 'Challenges',
  summary: 'Read one minter',
  description: 'Its limits, and the names of its keys.',
  access: 'minter:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The minter.', schema: Minter, example: minterExample },
  refusals: ['not_found'],
})

export const updateMinter = operation({
  id: 'updateMinter',
  method: 'PATCH',
  path: '/minters/{id}',
  tag: 'Challenges',
  summary: 'Change a minter',
  description:
    'What is not given stays. New keys end the old ones: give both while it changes over. Switched off, it mints no more.',
  access: 'minter:manage',
  rate: 'change',
  params,
  body: z
    .strictObject({
      name: name(100).exactOptional(),
      jwks: jwks.exactOptional(),
      jwksUrl: jwksUrl.exactOptional(),
      endpoints: endpoints.exactOptional(),
      ...limits,
      enabled: z.boolean().exactOptional(),
    })
    .meta({ id: 'MinterChange' }),
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The minter as it is now.',
    schema: Minter,
    example: { ...minterExample, disabledAt: new Date('2026-11-23T11:00:00Z') },
  },
  refusals: ['not_found', 'unavailable'],
})

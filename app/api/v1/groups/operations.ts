/** Groups: each with its own issuer, made in one step. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Authority, authorityExample } from '@/app/api/v1/authorities/operations'
import { Endpoint, endpointExample } from '@/app/api/v1/endpoints/operations'

const Group = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    createdAt: instant,
    retiredAt: instant.nullable().meta({ description: 'Since when nobody enrols into it any more.' }),
    ready: z.boolean().meta({ description: 'False while its keys and certificates are being made.' }),
    issuer: Authority.nullable(),
    endpoints: z.array(Endpoint),
    counts: z.object({
      certificates: z.number().int(),
      valid: z.number().int(),
      revoked: z.number().int(),
      pendingChallenges: z.number().int(),
    }),
  })
  .meta({ id: 'Group' })

const groupExample: z.input<typeof Group> = {
  id: '0198d2c0-54ff-7aa1-9b0c-1d2e3f4a5b6c',
  slug: 'staff',
  name: 'Staff',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  retiredAt: null,
  ready: true,
  issuer: authorityExample,
  endpoints: [endpointExample],
  counts: { certificates: 0, valid: 0, revoked: 0, pendingChallenges: 0 },
}

export const listGroups = operation({
  id: 'listGroups',
  method: 'GET',
  path: '/groups',
  tag: 'Groups',
  summary: 'List the groups',
  description: 'Every group with its issuer, its endpoints and what it has issued.',
  access: 'group:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of groups.',
    schema: pageOf('GroupPage', Group),
    example: { items: [groupExample], nextCursor: null },
  },
})

const NewGroup = z
  .strictObject({
    name: name(64),
    issuerKey: z
      .enum(['rsa3072', 'rsa4096', 'p256', 'p384'])
      .exactOptional()
      .meta({ description: 'Key of the issuer. RSA 3072 unless given: every device knows it.' }),
    answersScep: z
      .boolean()
      .exactOptional()
      .meta({ description: 'The issuer may answer SCEP with its own key, where an endpoint chooses so. RSA only.' }),
    issuer: slug.exactOptional().meta({
      description: 'An issuer that came from elsewhere and has no group yet, instead of a new one.',
    }),
  })
  .meta({ id: 'NewGroup' })

export const createGroup = operation({
  id: 'createGroup',
  method: 'POST',
  path: '/groups',
  tag: 'Groups',
  summary: 'Create a group',
  description:
    'Makes the group, its issuer, the registration authority and a SCEP endpoint with dynamic challenges, in one ' +
    'step. Takes some seconds with an RSA key.',
  access: 'group:create',
  rate: 'change',
  body: NewGroup,
  bodyExample: { name: 'Staff', issuerKey: 'rsa3072' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The group, ready for its first device.',
    schema: Group,
    example: groupExample,
    location: (group) => `/groups/${group.slug}`,
  },
  refusals: ['conflict', 'setup_required'],
})

export const getGroup = operation({
  id: 'getGroup',
  method: 'GET',
  path: '/groups/{slug}',
  tag: 'Groups',
  summary: 'Read one group',
  description: 'The group with its issuer, its endpoints and what it has issued.',
  access: 'group:read',
  rate: 'read',
  params: z.strictObject({ slug }),
  answer: { status: 200, description: 'The group.', schema: Group, example: groupExample },
  refusals: ['not_found'],
})

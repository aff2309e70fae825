/** Versions of policies: of an endpoint with its profile, and of a group. */
import { z } from 'zod'
import { pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { PolicyChange, PolicyState, PolicyVersion, policyVersionExample } from './policy-version-fields'

const PolicyObject = z.object({ type: z.enum(['endpoint', 'group']), slug: z.string(), name: z.string() })
const PolicyVersionPage = pageOf('PolicyVersionPage', PolicyVersion.meta({ id: 'PolicyVersion' })).extend({
  object: PolicyObject,
})
const PolicyVersionDetail = PolicyVersion.extend({
  object: PolicyObject,
  state: PolicyState.meta({ description: 'Every setting, as it was then.' }),
  since: z
    .object({ version: z.int(), changes: z.array(PolicyChange) })
    .nullable()
    .meta({ description: 'What is different today; null when nothing is.' }),
}).meta({ id: 'PolicyVersionDetail' })

const version = z.coerce.number().int().min(1).max(1_000_000_000)
const endpoint = { type: 'endpoint', slug: 'staff', name: 'SCEP' } as const
const group = { type: 'group', slug: 'staff', name: 'Staff' } as const
const detail = {
  ...policyVersionExample,
  state: { 'profile.validityDays': 90, allowSha1: false },
  since: { version: 4, changes: [{ field: 'allowSha1', before: false, after: true }] },
}

export const listEndpointVersions = operation({
  id: 'listEndpointVersions',
  method: 'GET',
  path: '/endpoints/{slug}/versions',
  tag: 'Endpoints',
  summary: 'List the versions of an endpoint',
  description: 'Every state of its settings and of its profile, newest first, each with what it changed and by whom.',
  access: 'policy-version:read',
  rate: 'audit',
  params: z.strictObject({ slug }),
  query: z.strictObject(paging),
  answer: {
    status: 200,
    description: 'A page of versions.',
    schema: PolicyVersionPage,
    example: { items: [policyVersionExample], nextCursor: null, object: endpoint },
  },
  refusals: ['not_found'],
})

export const getEndpointVersion = operation({
  id: 'getEndpointVersion',
  method: 'GET',
  path: '/endpoints/{slug}/versions/{version}',
  tag: 'Endpoints',
  summary: 'Read one version of an endpoint',
  description: 'All its settings, as they were then.',
  access: 'policy-version:read',
  rate: 'audit',
  params: z.strictObject({ slug, version }),
  answer: {
    status: 200,
    description: 'The version.',
    schema: PolicyVersionDetail,
    example: { ...detail, object: endpoint },
  },
  refusals: ['not_found'],
})

export const listGroupVersions = operation({
  id: 'listGroupVersions',
  method: 'GET',
  path: '/groups/{slug}/versions',
  tag: 'Groups',
  summary: 'List the versions of a group',
  description: 'Every state of its network access, device rules and trust page, newest first.',
  access: 'policy-version:read',
  rate: 'audit',
  params: z.strictObject({ slug }),
  query: z.strictObject(paging),
  answer: {
    status: 200,
    description: 'A page of versions.',
    schema: PolicyVersionPage,
    example: { items: [policyVersionExample], nextCursor: null, object: group },
  },
  refusals: ['not_found'],
})

export const getGroupVersion = operation({
  id: 'getGroupVersion',
  method: 'GET',
  path: '/groups/{slug}/versions/{version}',
  tag: 'Groups',
  summary: 'Read one version of a group',
  description: 'All its settings, as they were then.',
  access: 'policy-version:read',
  rate: 'audit',
  params: z.strictObject({ slug, version }),
  answer: {
    status: 200,
    description: 'The version.',
    schema: PolicyVersionDetail,
    example: { ...detail, object: group },
  },
  refusals: ['not_found'],
})

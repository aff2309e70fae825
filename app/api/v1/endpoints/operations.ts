/** Endpoints: where devices ask, and the settings of each. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Authority, authorityExample } from '@/app/api/v1/authorities/operations'
import { changeFields, policy, profileExample, profileFields, settingFields, settingsExample, ttl } from './settings'

export const Endpoint = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    protocol: z.enum(['scep']),
    policy,
    enabled: z.boolean(),
    scepUrl: z.string().meta({ description: 'What a device is given.' }),
    challengeTtlMinutes: ttl,
    ...settingFields,
    weaknesses: z
      .array(z.enum(['static', 'des', 'sha1', '3des']))
      .meta({ description: 'What weakens this endpoint, worst first.' }),
    profile: z.object({ id: z.string(), name: z.string(), ...profileFields }),
    registrationAuthority: z
      .object({
        subject: z.string(),
        notBefore: instant,
        notAfter: instant,
        fingerprintSha256: z.string(),
        fingerprintSha1: z.string(),
        certificatePem: z.string(),
      })
      .nullable()
      .meta({ description: 'The certificate that answers SCEP; null while it is being made.' }),
    createdAt: instant,
  })
  .meta({ id: 'Endpoint' })

const GroupName = z.object({ slug: z.string(), name: z.string() }).meta({ id: 'GroupName' })
const ListedEndpoint = Endpoint.extend({ group: GroupName }).meta({ id: 'ListedEndpoint' })
const EndpointDetail = ListedEndpoint.extend({ issuer: Authority, root: Authority }).meta({ id: 'EndpointDetail' })

export const endpointExample: z.input<typeof Endpoint> = {
  id: '0198d2c0-5a10-7d4c-b1a2-7e8f90a1b2c3',
  slug: 'staff',
  name: 'Staff',
  protocol: 'scep',
  policy: 'dynamic',
  enabled: true,
  scepUrl: 'https://portal.example/scep/staff',
  challengeTtlMinutes: 60,
  ...settingsExample,
  weaknesses: ['sha1', '3des'],
  profile: { ...profileExample, id: '0198d2c0-5a11-7a6b-8c9d-0e1f2a3b4c5d', name: 'Staff' },
  registrationAuthority: {
    subject: 'CN=Staff Registration Authority,O=Example',
    notBefore: new Date('2026-11-23T08:00:00Z'),
    notAfter: new Date('2028-11-22T08:00:00Z'),
    fingerprintSha256: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
    fingerprintSha1: '109f4b3c50d7b0df729d299bc6f8e9ef9066971f',
    certificatePem: '-----BEGIN CERTIFICATE-----\n(base64)\n-----END CERTIFICATE-----\n',
  },
  createdAt: new Date('2026-11-23T09:00:00Z'),
}

const listedExample = { ...endpointExample, group: { slug: 'staff', name: 'Staff' } }

export const listEndpoints = operation({
  id: 'listEndpoints',
  method: 'GET',
  path: '/endpoints',
  tag: 'Endpoints',
  summary: 'List the endpoints',
  description: 'The enrolment endpoints of every group.',
  access: 'endpoint:read',
  scoped: true,
  rate: 'read',
  query: z.strictObject({ ...paging, group: slug.exactOptional().meta({ description: 'Only those of this group.' }) }),
  answer: {
    status: 200,
    description: 'A page of endpoints.',
    schema: pageOf('EndpointPage', ListedEndpoint),
    example: { items: [listedExample], nextCursor: null },
  },
})

export const getEndpoint = operation({
  id: 'getEndpoint',
  method: 'GET',
  path: '/endpoints/{slug}',
  tag: 'Endpoints',
  summary: 'Read one endpoint',
  description: 'The endpoint with its group, its issuer and the root.',
  access: 'endpoint:read',
  scoped: true,
  rate: 'read',
  params: z.strictObject({ slug }),
  answer: {
    status: 200,
    description: 'The endpoint.',
    schema: EndpointDetail,
    example: {
      ...listedExample,
      issuer: authorityExample,
      root: { ...authorityExample, kind: 'root', slug: 'root', name: 'Example Root', keyAlgorithm: 'p384' },
    },
  },
  refusals: ['not_found'],
})

const EndpointChange = z
  .strictObject({ name: name(64).exactOptional(), ...changeFields })
  .refine((change) => Object.keys(change).length > 0, { error: 'Name at least one setting to change.' })
  .meta({ id: 'EndpointChange' })

export const updateEndpoint = operation({
  id: 'updateEndpoint',
  method: 'PATCH',
  path: '/endpoints/{slug}',
  tag: 'Endpoints',
  summary: 'Change an endpoint',
  description: 'Switches an endpoint on or off, or changes its settings. Fields that are left out stay as they are.',
  access: 'endpoint:update',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: EndpointChange,
  bodyExample: { enabled: false },
  answer: {
    status: 200,
    description: 'The endpoint as it is now.',
    schema: Endpoint,
    example: { ...endpointExample, enabled: false },
  },
  refusals: ['not_found', 'conflict'],
})

const chosenSlug = slug.meta({ description: 'Part of the SCEP URL, for good. Made from the names unless given.' })

const NewEndpoint = z
  .strictObject({
    group: slug.meta({ description: 'Slug of the group whose issuer signs.' }),
    name: name(64),
    slug: chosenSlug.exactOptional(),
    ...changeFields,
  })
  .meta({ id: 'NewEndpoint' })

export const createEndpoint = operation({
  id: 'createEndpoint',
  method: 'POST',
  path: '/endpoints',
  tag: 'Endpoints',
  summary: 'Create an endpoint',
  description:
    'A further endpoint of a group, with a registration authority and a profile of its own. What is left out is as in ' +
    'the endpoint that a group begins with.',
  access: 'endpoint:create',
  rate: 'change',
  body: NewEndpoint,
  bodyExample: { group: 'staff', name: 'Old printers', allowDes: true, profile: { validityDays: 90 } },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The endpoint, ready for its first device.',
    schema: Endpoint,
    example: { ...endpointExample, slug: 'staff-old-printers', name: 'Old printers' },
    location: (endpoint) => `/endpoints/${endpoint.slug}`,
  },
  refusals: ['not_found', 'conflict', 'setup_required'],
})

const EndpointCopy = z
  .strictObject({ name: name(64).exactOptional(), slug: chosenSlug.exactOptional() })
  .meta({ id: 'EndpointCopy' })

export const copyEndpoint = operation({
  id: 'copyEndpoint',
  method: 'POST',
  path: '/endpoints/{slug}/copy',
  tag: 'Endpoints',
  summary: 'Copy an endpoint',
  description:
    'A new endpoint of the same group with the same settings, and a registration authority and a profile of its own. ' +
    'Challenges, accounts of the challenge page, static secrets, minters and pinned proxies are not copied.',
  access: 'endpoint:create',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: EndpointCopy,
  bodyExample: { name: 'Canary' },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The copy.',
    schema: Endpoint,
    example: { ...endpointExample, slug: 'staff-canary', name: 'Canary' },
    location: (endpoint) => `/endpoints/${endpoint.slug}`,
  },
  refusals: ['not_found', 'conflict'],
})

/** What the network grants to a group, what it decided, and whether RADIUS servers can do their work. */
import { z } from 'zod'
import { instant, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Window = z
  .strictObject({
    days: z.array(z.int().min(1).max(7)).min(1).max(7).meta({ description: 'Monday is 1, Sunday is 7.' }),
    from: text(5).meta({ description: 'Such as 08:00.' }),
    to: text(5).meta({ description: 'Such as 18:00, up to 24:00. Not after from: it ends on the next day.' }),
  })
  .meta({ id: 'TimeWindow' })

const settings = {
  enabled: z.boolean().meta({ description: 'Off keeps every certificate of the group out.' }),
  vlan: text(32).nullable().meta({ description: 'Number from 1 to 4094, or a name that the switch knows.' }),
  filterId: text(253).nullable(),
  class: text(253).nullable(),
  sessionTimeoutSeconds: z.int().min(60).max(604_800).nullable(),
  ssids: z.array(text(64)).max(50).meta({ description: 'Wireless networks; empty means any.' }),
  networkServers: z
    .array(text(253))
    .max(100)
    .meta({ description: 'NAS-Identifiers, addresses or networks of access points and switches; empty means any.' }),
  timeZone: text(64),
  windows: z.array(Window).max(21).meta({ description: 'Hours; empty means always.' }),
}

const NetworkAccess = z
  .object({ group: z.object({ slug: z.string(), name: z.string() }), ...settings, updatedAt: instant.nullable() })
  .meta({ id: 'NetworkAccess' })

const accessExample: z.input<typeof NetworkAccess> = {
  group: { slug: 'staff', name: 'Staff' },
  enabled: true,
  vlan: '20',
  filterId: 'staff.in',
  class: null,
  sessionTimeoutSeconds: 28_800,
  ssids: ['Staff'],
  networkServers: [],
  timeZone: 'Europe/Zurich',
  windows: [{ days: [1, 2, 3, 4, 5], from: '07:00', to: '20:00' }],
  updatedAt: new Date('2026-11-23T09:00:00Z'),
}

const params = z.strictObject({ slug })

export const getNetworkAccess = operation({
  id: 'getNetworkAccess',
  method: 'GET',
  path: '/groups/{slug}/network-access',
  tag: 'Network',
  summary: 'Read what the network grants to a group',
  description: 'A group for which nothing was set is off.',
  access: 'network:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The settings.', schema: NetworkAccess, example: accessExample },
  refusals: ['not_found'],
})

export const updateNetworkAccess = operation({
  id: 'updateNetworkAccess',
  method: 'PATCH',
  path: '/groups/{slug}/network-access',
  tag: 'Network',
  summary: 'Change what the network grants to a group',
  description: 'What is not given stays. It holds from the next login.',
  access: 'network:manage',
  rate: 'change',
  params,
  body: z.strictObject(settings).partial().meta({ id: 'NetworkAccessChange' }),
  bodyExample: { enabled: true, vlan: '20' },
  answer: { status: 200, description: 'The settings as they are now.', schema: NetworkAccess, example: accessExample },
  refusals: ['not_found'],
})

const CertificateName = z.object({ id: z.string(), subject: z.string(), serial: z.string() })
const place = { ssid: z.string().nullable(), networkServer: z.string().nullable(), station: z.string().nullable() }
const Decisions = z
  .object({
    sightings: z.array(
      z.object({
        certificate: CertificateName,
        accepted: z.number().int(),
        lastAcceptedAt: instant,
        vlan: z.string().nullable(),
        ...place,
      }),
    ),
    refusals: z.array(
      z.object({
        certificate: CertificateName.nullable(),
        reason: z.string(),
        serial: z.string().nullable(),
        issuer: z.string().nullable(),
        ...place,
        firstAt: instant,
        lastAt: instant,
        count: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'NetworkDecisions' })

const certificate = {
  id: '0198d2d0-0201-7f00-8a0b-2c3d4e5f6a7b',
  subject: 'CN=tablet-7,O=Example',
  serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
}
const placeExample = { ssid: 'Staff', networkServer: 'ap-12', station: '02-00-00-00-00-01' }

export const listNetworkDecisions = operation({
  id: 'listNetworkDecisions',
  method: 'GET',
  path: '/groups/{slug}/network-access/decisions',
  tag: 'Network',
  summary: 'List what the network decided last',
  description:
    'Certificates of the group that were let in, and those that were not, with the reason. Newest first, 20 of each.',
  access: 'network:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The last decisions.',
    schema: Decisions,
    example: {
      sightings: [
        { certificate, accepted: 12, lastAcceptedAt: new Date('2026-11-23T09:00:00Z'), vlan: '20', ...placeExample },
      ],
      refusals: [
        {
          certificate,
          reason: 'certificate_revoked',
          serial: certificate.serial,
          issuer: '/CN=Staff Issuing CA/O=Example',
          ...placeExample,
          firstAt: new Date('2026-11-23T10:00:00Z'),
          lastAt: new Date('2026-11-23T10:05:00Z'),
          count: 4,
        },
      ],
    },
  },
})

const Readiness = z
  .object({
    group: z.object({ slug: z.string(), name: z.string() }),
    checkedAt: instant,
    checks: z.array(
      z.object({
        what: z.enum(['access', 'key', 'address', 'login', 'chain', 'crl', 'ocsp']),
        authority: z.object({ slug: z.string(), name: z.string() }).nullable(),
        verdict: z.enum(['ok', 'warn', 'fail']),
        evidence: z.string(),
        url: z.string().nullable(),
        thisUpdate: instant.nullable(),
        nextUpdate: instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'RadiusReadiness' })

export const checkRadiusReadiness = operation({
  id: 'checkRadiusReadiness',
  method: 'GET',
  path: '/groups/{slug}/radius',
  tag: 'Network',
  summary: 'Check what a RADIUS server will see',
  description:
    'Fetches chain, revocation lists and OCSP answers of the group over HTTP at this moment, and verifies them.',
  access: 'network:read',
  rate: 'audit',
  params,
  answer: {
    status: 200,
    description: 'What was found.',
    schema: Readiness,
    example: {
      group: { slug: 'staff', name: 'Staff' },
      checkedAt: new Date('2026-11-23T09:00:00Z'),
      checks: [
        {
          what: 'crl',
          authority: { slug: 'staff', name: 'Staff Issuing CA' },
          verdict: 'ok',
          evidence: 'No. 12, 540 bytes, signed by its issuer.',
          url: 'http://pki.example.com/crl/staff.crl',
          thisUpdate: new Date('2026-11-23T08:00:00Z'),
          nextUpdate: new Date('2026-11-30T08:00:00Z'),
        },
      ],
    },
  },
  refusals: ['not_found'],
})

export const downloadRadiusConfiguration = operation({
  id: 'downloadRadiusConfiguration',
  method: 'GET',
  path: '/groups/{slug}/radius/configuration',
  tag: 'Network',
  summary: 'Download the configuration of a FreeRADIUS server',
  description:
    'FreeRADIUS 3.2: modules, sites, the issuers by their hashed names with their revocation lists, and README. It holds no secret.',
  access: 'network:read',
  rate: 'read',
  params,
  query: z.strictObject({
    also: text(1_024)
      .exactOptional()
      .meta({ description: 'Slugs of more groups to let in, with commas between them.' }),
    rest: z.enum(['yes', 'no']).default('yes').meta({ description: 'Ask this portal at each login.' }),
    crl: z.enum(['yes', 'no']).default('yes').meta({ description: 'Look into revocation lists.' }),
    ocsp: z.enum(['yes', 'no']).default('no').meta({ description: 'Ask the OCSP responder at each login.' }),
    outage: z
      .enum(['reject', 'accept'])
      .default('reject')
      .meta({ description: 'What happens when revocation lists are stale or the responder is away.' }),
  }),
  answer: {
    status: 200,
    description: 'The files.',
    schema: z.never(),
    example: undefined as never,
    files: { 'application/gzip': 'tar.gz' },
  },
  refusals: ['not_found', 'conflict'],
})

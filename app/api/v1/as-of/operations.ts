/** The past of certificates: what was valid at a moment, and what became different between two. */
import { z } from 'zod'
import { instant, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { PolicyVersion, policyVersionExample } from '@/app/api/v1/policy-version-fields'

const Named = z.object({ slug: z.string(), name: z.string() })
const day = (description: string) => text(40).min(1).exactOptional().meta({ description })
const ON =
  'A day such as 2026-03-14, which stands for its end in UTC, or a time such as 2026-03-14T08:00:00Z; now unless given.'
const on = { on: day(ON) }
const between = { from: day('The first moment, a month ago unless given. A day stands for its end, UTC.'), to: day(ON) }
const filter = {
  group: slug.exactOptional(),
  issuer: slug.exactOptional().meta({ description: 'Slug of the authority that signed them.' }),
  endpoint: slug.exactOptional(),
}

/** Parts what is asked into the two moments and the filter, as the service takes them. */
export function betweenAndFilter<T extends { from?: string; to?: string }>({ from, to, ...filter }: T) {
  return { between: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }, filter }
}

const PastCertificate = z
  .object({
    id: z.string(),
    serial: z.string(),
    subject: z.string(),
    commonName: z.string().nullable(),
    group: Named.nullable(),
    issuer: Named,
    endpoint: Named.nullable(),
    policyVersion: z.int().nullable().meta({ description: 'Version of the policy of its endpoint, as it was issued.' }),
    issuedAt: instant,
    notAfter: instant,
  })
  .meta({ id: 'PastCertificate' })

const staff = { slug: 'staff', name: 'Staff' }
const issuer = { slug: 'staff', name: 'Staff CA' }
const certificateExample = {
  id: '0198d2d1-1a2b-7c3d-8e4f-5a6b7c8d9e0f',
  serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
  subject: 'CN=tablet-7,O=Example',
  commonName: 'tablet-7',
  group: staff,
  issuer,
  endpoint: { slug: 'staff', name: 'SCEP' },
  policyVersion: 3,
  issuedAt: new Date('2026-01-10T09:12:00Z'),
  notAfter: new Date('2027-01-10T09:12:00Z'),
}

export const listPastCertificates = operation({
  id: 'listPastCertificates',
  method: 'GET',
  path: '/as-of/certificates',
  tag: 'Audit',
  summary: 'List the certificates that were valid at a moment',
  description: 'Certificates of devices that a relying party would have accepted then, newest first.',
  access: 'as-of:read',
  rate: 'audit',
  query: z.strictObject({ ...paging, ...on, ...filter }),
  answer: {
    status: 200,
    description: 'A page of certificates.',
    schema: pageOf('PastCertificatePage', PastCertificate).extend({ at: instant }),
    example: { items: [certificateExample], nextCursor: null, at: new Date('2026-03-14T23:59:59.999Z') },
  },
})

export const countPastCertificates = operation({
  id: 'countPastCertificates',
  method: 'GET',
  path: '/as-of/counts',
  tag: 'Audit',
  summary: 'Count the certificates that were valid at a moment',
  description: 'By group, issuer, endpoint and version of the policy, most first.',
  access: 'as-of:read',
  rate: 'audit',
  query: z.strictObject({ ...on, ...filter }),
  answer: {
    status: 200,
    description: 'The counts.',
    schema: z
      .object({
        at: instant,
        total: z.int(),
        counts: z.array(
          z.object({
            group: Named.nullable(),
            issuer: Named,
            endpoint: Named.nullable(),
            policyVersion: z.int().nullable(),
            certificates: z.int(),
          }),
        ),
      })
      .meta({ id: 'PastCounts' }),
    example: {
      at: new Date('2026-03-14T23:59:59.999Z'),
      total: 412,
      counts: [
        { group: staff, issuer, endpoint: { slug: 'staff', name: 'SCEP' }, policyVersion: 3, certificates: 412 },
      ],
    },
  },
})

export const compareMoments = operation({
  id: 'compareMoments',
  method: 'GET',
  path: '/as-of/comparison',
  tag: 'Audit',
  summary: 'Compare two moments',
  description:
    'What was valid at each, what came and went in between, and what was changed of policies and authorities.',
  access: 'as-of:read',
  rate: 'audit',
  query: z.strictObject({ ...between, ...filter }),
  answer: {
    status: 200,
    description: 'The comparison.',
    schema: z
      .object({
        from: instant,
        to: instant,
        groups: z.array(
          z.object({
            group: Named.nullable(),
            before: z.int(),
            after: z.int(),
            came: z.object({ issued: z.int(), renewed: z.int(), released: z.int() }),
            gone: z.object({ expired: z.int(), revoked: z.int(), held: z.int(), issuer_revoked: z.int() }),
          }),
        ),
        policies: z.array(
          PolicyVersion.extend({
            object: z.object({ type: z.enum(['endpoint', 'group']), slug: z.string(), name: z.string() }),
          }),
        ),
        authorities: z.array(
          z.object({ authority: Named, what: z.enum(['created', 'retired', 'revoked']), at: instant }),
        ),
      })
      .meta({ id: 'Comparison' }),
    example: {
      from: new Date('2026-03-14T23:59:59.999Z'),
      to: new Date('2026-04-14T23:59:59.999Z'),
      groups: [
        {
          group: staff,
          before: 412,
          after: 420,
          came: { issued: 12, renewed: 30, released: 1 },
          gone: { expired: 33, revoked: 2, held: 0, issuer_revoked: 0 },
        },
      ],
      policies: [{ ...policyVersionExample, object: { type: 'endpoint', slug: 'staff', name: 'SCEP' } }],
      authorities: [{ authority: issuer, what: 'created', at: new Date('2026-04-01T08:00:00Z') }],
    },
  },
})

export const listComparedCertificates = operation({
  id: 'listComparedCertificates',
  method: 'GET',
  path: '/as-of/changes',
  tag: 'Audit',
  summary: 'List the certificates that came or went between two moments',
  description: 'Each with the cause, newest first.',
  access: 'as-of:read',
  rate: 'audit',
  query: z.strictObject({
    ...paging,
    ...between,
    side: z.enum(['came', 'gone']).default('gone').meta({ description: 'Those that came, or those that went.' }),
    ...filter,
  }),
  answer: {
    status: 200,
    description: 'A page of certificates.',
    schema: pageOf(
      'ComparedCertificatePage',
      PastCertificate.extend({
        cause: z.enum(['issued', 'renewed', 'released', 'expired', 'revoked', 'held', 'issuer_revoked']),
      }),
    ),
    example: { items: [{ ...certificateExample, cause: 'revoked' }], nextCursor: null },
  },
})

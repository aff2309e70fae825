/** Many certificates revoked, held or released as one: dry run, confirmation, progress, what became of each. */
import { z } from 'zod'
import { instant, moment, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Certificate, certificateExample, RevocationReason, STATUSES } from '@/app/api/v1/certificates/operations'

const ACTIONS = ['revoke', 'hold', 'release'] as const
const CAUSES = ['already_revoked', 'on_hold', 'not_on_hold', 'expired', 'issuer_revoked'] as const
const OUTCOMES = ['waiting', 'done', 'skipped'] as const

const Selection = z
  .union([
    z.strictObject({ certificates: z.array(z.uuid()).min(1).max(1_000).meta({ description: 'Ids.' }) }),
    z.strictObject({
      filter: z.strictObject({
        group: slug.exactOptional(),
        endpoint: slug.exactOptional(),
        issuer: slug.exactOptional(),
        status: z.enum(STATUSES).exactOptional(),
        issuance: z.enum(['first', 'renewal']).exactOptional(),
        subject: text(1_000).min(1).exactOptional().meta({ description: 'The whole subject: one device.' }),
        search: text(200).min(3).exactOptional(),
      }),
    }),
  ])
  .meta({
    id: 'CertificateSelection',
    description: 'Certificates by their ids, or all that a filter matches. An empty filter means every certificate.',
  })

const BulkRevocation = z
  .object({
    id: z.string(),
    action: z.enum(ACTIONS),
    reason: RevocationReason.nullable(),
    comment: z.string().nullable(),
    invalidityDate: instant.nullable(),
    described: z.string().meta({ description: 'The selection in words.' }),
    state: z.enum(['scheduled', 'running', 'finished', 'stopped', 'cancelled']),
    requestedBy: z.string(),
    total: z.number().int(),
    done: z.number().int(),
    skipped: z.number().int(),
    skippedBefore: z.partialRecord(z.enum(CAUSES), z.number().int()).meta({ description: 'Left out by the dry run.' }),
    createdAt: instant,
    startsAt: instant,
    startedAt: instant.nullable(),
    endedAt: instant.nullable(),
    endedBy: z.string().nullable(),
  })
  .meta({ id: 'BulkRevocation' })

const DryRun = z
  .object({
    dryRun: z.literal(true),
    action: z.enum(ACTIONS),
    described: z.string(),
    matched: z.number().int(),
    affected: z.number().int().meta({ description: 'Those that would change: pass it as `expect`.' }),
    statuses: z.partialRecord(z.enum(STATUSES), z.number().int()),
    skipped: z.partialRecord(z.enum(CAUSES), z.number().int()),
    samples: z.array(Certificate).meta({ description: 'The newest that would change.' }),
  })
  .meta({ id: 'BulkRevocationDryRun' })

const at = new Date('2026-11-23T10:00:00Z')
const bulkExample: z.input<typeof BulkRevocation> = {
  id: '0198d2e1-1a2b-4c3d-8e4f-5a6b7c8d9e0f',
  action: 'revoke',
  reason: 'cessationOfOperation',
  comment: 'End of term',
  invalidityDate: null,
  described: 'all certificates of the group Students',
  state: 'running',
  requestedBy: 'automation',
  total: 12_431,
  done: 4_000,
  skipped: 2,
  skippedBefore: { already_revoked: 210, expired: 33 },
  createdAt: at,
  startsAt: at,
  startedAt: at,
  endedAt: null,
  endedBy: null,
}

const dryRunExample: z.input<typeof DryRun> = {
  dryRun: true,
  action: 'revoke',
  described: 'all certificates of the group Students',
  matched: 12_674,
  affected: 12_431,
  statuses: { valid: 12_400, held: 31 },
  skipped: { already_revoked: 210, expired: 33 },
  samples: [certificateExample],
}

const params = z.strictObject({ id: z.uuid() })

export const revokeCertificates = operation({
  id: 'revokeCertificates',
  method: 'POST',
  path: '/revocations',
  tag: 'Certificates',
  summary: 'Revoke, hold or release many certificates',
  description:
    'First with `dryRun`: how many would change, which are left out and why, without any effect. Then with `expect`, the ' +
    'number it said: the selection is frozen with this request, and refused when it is another number by now. A job works ' +
    'through it within seconds, each certificate exactly once; or from `startsAt` on, until when it can be cancelled. ' +
    'What matches later is not hit.',
  access: 'bulk-revocation:manage',
  rate: 'change',
  body: z
    .strictObject({
      selection: Selection,
      action: z.enum(ACTIONS).default('revoke'),
      reason: RevocationReason.exactOptional().meta({ description: 'For `revoke` alone; not certificateHold.' }),
      comment: name(500).exactOptional(),
      invalidityDate: moment.exactOptional(),
      startsAt: moment.exactOptional(),
      dryRun: z.boolean().default(false),
      expect: z.number().int().min(0).exactOptional().meta({ description: 'Required unless it is a dry run.' }),
    })
    .meta({ id: 'NewBulkRevocation' }),
  bodyExample: {
    selection: { filter: { group: 'students' } },
    action: 'revoke',
    dryRun: false,
    reason: 'cessationOfOperation',
    comment: 'End of term',
    expect: 12_431,
  },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The bulk revocation, or what the dry run found.',
    schema: z.union([DryRun, BulkRevocation]),
    example: dryRunExample,
    // A dry run makes nothing that could be read again.
    location: (answer) => ('id' in answer ? `/revocations/${answer.id}` : '/revocations'),
  },
  refusals: ['not_found', 'conflict'],
})

export const listBulkRevocations = operation({
  id: 'listBulkRevocations',
  method: 'GET',
  path: '/revocations',
  tag: 'Certificates',
  summary: 'List bulk revocations',
  description: 'Newest first: those that wait for their time, run, or are over.',
  access: 'bulk-revocation:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of bulk revocations.',
    schema: pageOf('BulkRevocationPage', BulkRevocation),
    example: { items: [bulkExample], nextCursor: null },
  },
})

export const getBulkRevocation = operation({
  id: 'getBulkRevocation',
  method: 'GET',
  path: '/revocations/{id}',
  tag: 'Certificates',
  summary: 'Read one bulk revocation',
  description: 'How far it is.',
  access: 'bulk-revocation:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The bulk revocation.',
    schema: BulkRevocation.extend({
      renewed: z.number().int().nullable().meta({
        description: 'Valid certificates that took over from one of these before its turn came; null until it is over.',
      }),
    }).meta({ id: 'BulkRevocationDetail' }),
    example: { ...bulkExample, renewed: null },
  },
  refusals: ['not_found'],
})

export const listBulkRevocationCertificates = operation({
  id: 'listBulkRevocationCertificates',
  method: 'GET',
  path: '/revocations/{id}/certificates',
  tag: 'Certificates',
  summary: 'List what happened to each certificate',
  description: 'Every certificate of the bulk revocation with its outcome.',
  access: 'bulk-revocation:read',
  rate: 'read',
  params,
  query: z.strictObject({ ...paging, outcome: z.enum(OUTCOMES).exactOptional() }),
  answer: {
    status: 200,
    description: 'A page of outcomes.',
    schema: pageOf(
      'BulkRevocationItemPage',
      z
        .object({
          certificate: Certificate,
          outcome: z.enum(OUTCOMES),
          why: z.enum(CAUSES).nullable().meta({ description: 'Why it was skipped.' }),
          at: instant.nullable(),
          renewedBy: z.object({ id: z.string(), serial: z.string() }).nullable(),
        })
        .meta({ id: 'BulkRevocationItem' }),
    ),
    example: {
      items: [{ certificate: certificateExample, outcome: 'waiting', why: null, at: null, renewedBy: null }],
      nextCursor: null,
    },
  },
  refusals: ['not_found'],
})

export const stopBulkRevocation = operation({
  id: 'stopBulkRevocation',
  method: 'POST',
  path: '/revocations/{id}/stop',
  tag: 'Certificates',
  summary: 'Stop or cancel a bulk revocation',
  description: 'Before its time it is cancelled; while it runs it is stopped, and what was done stays done.',
  access: 'bulk-revocation:manage',
  rate: 'change',
  params,
  answer: {
    status: 200,
    description: 'The bulk revocation.',
    schema: BulkRevocation,
    example: { ...bulkExample, state: 'stopped', endedAt: at, endedBy: 'automation' },
  },
  refusals: ['not_found', 'conflict'],
})

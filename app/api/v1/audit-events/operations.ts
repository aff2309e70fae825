/** Audit events: the trail, and the proof that nobody changed it. */
import { z } from 'zod'
import { instant, moment, pageOf, paging, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import type { Json } from '@/lib/services/audit'

const OUTCOMES = ['success', 'failure', 'denied', 'error', 'pending'] as const
/** What a service wrote, which is JSON already; the schema only says so. */
const Data = z.custom<Json>(() => true)

export const AuditEvent = z
  .object({
    seq: z.string().meta({ description: 'Position in the chain. A string, for it may outgrow a double.' }),
    id: z.string(),
    time: instant,
    type: z.string(),
    outcome: z.enum(OUTCOMES),
    severity: z.enum(['info', 'low', 'medium', 'high', 'critical']),
    reason: z.string().nullable(),
    actor: z.object({ type: z.string(), id: z.string().nullable(), name: z.string(), role: z.string().nullable() }),
    object: z.object({ type: z.string(), id: z.string().nullable(), name: z.string().exactOptional() }),
    source: z.object({ ip: z.string().nullable(), userAgent: z.string().nullable(), via: z.string() }),
    data: z.record(z.string(), Data),
    change: z
      .object({ fields: z.array(z.string()), before: Data.exactOptional(), after: Data.exactOptional() })
      .nullable(),
    sentence: z.string().meta({ description: 'What happened, for people.' }),
    chain: z.string().meta({ description: 'Hash of this row and, through the one before, of every row before.' }),
  })
  .meta({ id: 'AuditEvent' })

const list = (description: string) =>
  text(2_000)
    .transform((joined) =>
      joined
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .exactOptional()
    .meta({ description })

export const auditEventExample: z.input<typeof AuditEvent> = {
  seq: '43',
  id: '0198d2d9-7a7b-7c7d-8e7f-0a1b2c3d4e5f',
  time: new Date('2026-11-23T10:00:00Z'),
  type: 'certificate.revoked',
  outcome: 'success',
  severity: 'medium',
  reason: null,
  actor: { type: 'user', id: '0198d2bf-0000-7000-8000-000000000001', name: 'Ada Admin', role: 'admin' },
  object: { type: 'certificate', id: '0198d2d1-1a2b-7c3d-8e4f-5a6b7c8d9e0f', name: 'tablet-7' },
  source: { ip: '192.0.2.1', userAgent: null, via: 'api' },
  data: { reason: 'keyCompromise' },
  change: null,
  sentence: 'Ada Admin revoked the certificate of tablet-7 (keyCompromise).',
  chain: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
}

export const listAuditEvents = operation({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/audit-events',
  tag: 'Audit',
  summary: 'List audit events',
  description: 'Newest first.',
  access: 'audit:read',
  rate: 'audit',
  query: z.strictObject({
    ...paging,
    types: list('Types, or prefixes that end with a dot such as challenge., separated by commas.'),
    outcome: z.enum(OUTCOMES).exactOptional(),
    actorId: text(200).min(1).exactOptional(),
    objectType: text(64).min(1).exactOptional(),
    objectId: text(200).min(1).exactOptional(),
    sourceIp: text(64).min(1).exactOptional(),
    from: moment.exactOptional(),
    to: moment.exactOptional(),
  }),
  answer: {
    status: 200,
    description: 'A page of audit events.',
    schema: pageOf('AuditEventPage', AuditEvent),
    example: {
      items: [auditEventExample],
      nextCursor: null,
    },
  },
})

const AuditPlace = z.object({ seq: z.string(), time: instant })

const AuditVerification = z
  .object({
    ok: z.boolean(),
    events: z.number().int().meta({ description: 'Rows checked.' }),
    firstBroken: z.string().nullable().meta({ description: 'Sequence number of the first row that does not hold.' }),
    problem: z.string().nullable(),
    headSeq: z.string(),
    headChain: z.string(),
    covered: z
      .object({ first: AuditPlace, last: AuditPlace })
      .nullable()
      .meta({ description: 'The first and the last row that hold: what the verdict covers.' }),
    millis: z.number().int(),
  })
  .meta({ id: 'AuditVerification' })

export const verifyAuditEvents = operation({
  id: 'verifyAuditEvents',
  method: 'POST',
  path: '/audit-events/verify',
  tag: 'Audit',
  summary: 'Verify the audit trail',
  description: 'Recomputes the whole chain from the stored bytes and names the first row that does not hold, if any.',
  access: 'audit:verify',
  rate: 'audit',
  answer: {
    status: 200,
    description: 'The verdict.',
    schema: AuditVerification,
    example: {
      ok: true,
      events: 43,
      firstBroken: null,
      problem: null,
      headSeq: '43',
      headChain: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      covered: {
        first: { seq: '1', time: new Date('2026-11-23T09:00:00Z') },
        last: { seq: '43', time: new Date('2026-11-23T10:00:00Z') },
      },
      millis: 12,
    },
  },
})

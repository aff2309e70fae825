/** A version of a policy, as several operations answer with it. */
import { z } from 'zod'
import { instant } from '@/app/api/_fields'
import type { Json } from '@/lib/services/audit'

/** What the database kept, which is JSON already; the schema only says so. */
const Value = z.custom<Json>(() => true)

export const PolicyChange = z.object({
  field: z.string().meta({ description: 'Such as profile.validityDays.' }),
  before: Value,
  after: Value,
})

export const PolicyState = z.record(z.string(), Value)

export const PolicyVersion = z.object({
  version: z.int(),
  at: instant,
  origin: z.enum(['found', 'created', 'changed', 'unrecorded']).meta({
    description: 'unrecorded: changed in the database itself, past the portal. found: as versions began to be kept.',
  }),
  by: z
    .object({
      type: z.string(),
      id: z.string().nullable(),
      name: z.string(),
      via: z.string(),
      sourceIp: z.string().nullable(),
    })
    .nullable(),
  event: z
    .object({ seq: z.string(), type: z.string() })
    .nullable()
    .meta({ description: 'The audit event that says so.' }),
  changes: z.array(PolicyChange).meta({ description: 'Against the version before.' }),
})

export const policyVersionExample: z.input<typeof PolicyVersion> = {
  version: 3,
  at: new Date('2026-03-20T10:00:00Z'),
  origin: 'changed',
  by: {
    type: 'user',
    id: '0198d2bf-0000-7000-8000-000000000001',
    name: 'Ada Admin',
    via: 'ui',
    sourceIp: '192.0.2.1',
  },
  event: { seq: '4711', type: 'endpoint.updated' },
  changes: [{ field: 'profile.validityDays', before: 365, after: 90 }],
}

/** What a group, an issuer, a device or a person did in a period. */
import { z } from 'zod'
import { instant, pageOf, paging, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { AuditEvent, auditEventExample } from '@/app/api/v1/audit-events/operations'
import type { ActivityKind, ActivityRequest } from '@/lib/services/activity'

const params = z.strictObject({
  of: text(2_000)
    .regex(/^(group|issuer|device|person):[^:]+$/)
    .meta({
      description: 'group: or issuer: and a slug, device: and its key, person: and the id of a person or a key.',
    }),
})
/** "group:staff" as the service takes it. */
export function requestOf(of: string): Pick<ActivityRequest, 'kind' | 'id'> {
  const [kind = '', id = ''] = of.split(':')
  return { kind: kind as ActivityKind, id }
}

const day = (description: string) => text(40).min(1).exactOptional().meta({ description })
const period = {
  from: day('The first day, such as 2026-03-01, or a time; a month ago unless given.'),
  to: day('The last day, which is in it, or a time; now unless given.'),
}

const ActivitySums = z.object({
  issued: z.int(),
  renewed: z.int().meta({ description: 'How many of them took over from another.' }),
  challenges: z.int(),
  enrolments: z.array(z.object({ state: z.string(), count: z.int() })),
  revocations: z.array(z.object({ by: z.string(), reason: z.string(), count: z.int() })),
  decisions: z.array(z.object({ by: z.string(), approves: z.boolean(), count: z.int() })),
})

export const getActivity = operation({
  id: 'getActivity',
  method: 'GET',
  path: '/activity/{of}',
  tag: 'Audit',
  summary: 'Sum up what somebody or something did in a period',
  description: 'Sums of what was issued, asked for, revoked and decided, and the audit events by type and outcome.',
  access: 'activity:read',
  rate: 'audit',
  params,
  query: z.strictObject(period),
  answer: {
    status: 200,
    description: 'The sums.',
    schema: z
      .object({
        subject: z.object({ kind: z.enum(['group', 'issuer', 'device', 'person']), id: z.string(), name: z.string() }),
        from: instant,
        to: instant,
        sums: ActivitySums.nullable().meta({ description: 'Null for a person, whose doings are their events.' }),
        events: z.object({
          counts: z.array(z.object({ type: z.string(), outcome: z.string(), count: z.int() })),
          more: z.boolean().meta({ description: 'There are so many that the oldest were not counted.' }),
        }),
      })
      .meta({ id: 'Activity' }),
    example: {
      subject: { kind: 'group', id: 'staff', name: 'Staff' },
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-31T23:59:59.999Z'),
      sums: {
        issued: 42,
        renewed: 30,
        challenges: 12,
        enrolments: [{ state: 'issued', count: 42 }],
        revocations: [{ by: 'Ada Admin', reason: 'keyCompromise', count: 1 }],
        decisions: [],
      },
      events: { counts: [{ type: 'endpoint.updated', outcome: 'success', count: 2 }], more: false },
    },
  },
  refusals: ['not_found'],
})

export const listActivityEvents = operation({
  id: 'listActivityEvents',
  method: 'GET',
  path: '/activity/{of}/events',
  tag: 'Audit',
  summary: 'List the audit events of what somebody or something did',
  description: 'Newest first.',
  access: 'activity:read',
  rate: 'audit',
  params,
  query: z.strictObject({ ...paging, ...period }),
  answer: {
    status: 200,
    description: 'A page of audit events.',
    schema: pageOf('ActivityEventPage', AuditEvent),
    example: { items: [auditEventExample], nextCursor: null },
  },
  refusals: ['not_found'],
})

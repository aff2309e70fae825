/** Notices: what people are told before something ends or when much fails, and how that went. */
import { z } from 'zod'
import { instant, pageOf, paging } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { EXPIRY_TOPICS, NOTICE_TOPICS } from '@/lib/services/notice-types'

const Notice = z
  .object({
    id: z.string(),
    topic: z.enum(NOTICE_TOPICS),
    severity: z.enum(['info', 'low', 'medium', 'high', 'critical']),
    object: z.object({ type: z.string(), id: z.string(), name: z.string() }),
    groupSlug: z.string().nullable(),
    path: z.string().meta({ description: 'Of its page in the portal.' }),
    summary: z.string(),
    createdAt: instant,
    resolvedAt: instant.nullable().meta({ description: 'Since when it is no longer so; null while it stands.' }),
    delivered: z.number().int(),
    waiting: z.number().int(),
    givenUp: z.number().int(),
  })
  .meta({ id: 'Notice' })

export const listNotices = operation({
  id: 'listNotices',
  method: 'GET',
  path: '/notices',
  tag: 'Notices',
  summary: 'List notices',
  description: 'The newest first, with how many e-mails about each were delivered, wait, and were given up.',
  access: 'notice:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    standing: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .exactOptional()
      .meta({ description: 'true: what is still so. false: what is over.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of them.',
    schema: pageOf('NoticePage', Notice),
    example: {
      items: [
        {
          id: '0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c',
          topic: 'connector-expiry',
          severity: 'medium',
          object: { type: 'connector', id: '0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6d', name: 'Intune' },
          groupSlug: null,
          path: '/connectors/intune',
          summary: 'The credential of the connector Intune ends on 23 December 2026, in 30 days.',
          createdAt: new Date('2026-11-23T09:00:00Z'),
          resolvedAt: null,
          delivered: 1,
          waiting: 0,
          givenUp: 0,
        },
      ],
      nextCursor: null,
    },
  },
  refusals: ['invalid_input'],
})

export const listNoticeDeliveries = operation({
  id: 'listNoticeDeliveries',
  method: 'GET',
  path: '/notice-deliveries',
  tag: 'Notices',
  summary: 'List e-mails with notices',
  description: 'The newest hundred, tests among them; kept for ninety days. Those of webhooks are with each webhook.',
  access: 'notice:read',
  rate: 'read',
  answer: {
    status: 200,
    description: 'Deliveries, newest first.',
    schema: z
      .object({
        items: z.array(
          z.object({
            id: z.string(),
            summary: z.string().nullable().meta({ description: 'Null for a test.' }),
            recipient: z.string().nullable(),
            address: z.string(),
            createdAt: instant,
            attempts: z.number().int(),
            nextAttemptAt: instant,
            deliveredAt: instant.nullable(),
            givenUpAt: instant.nullable(),
            lastError: z.string().nullable(),
          }),
        ),
      })
      .meta({ id: 'NoticeDeliveries' }),
    example: { items: [] },
  },
})

const days = z.array(z.int().min(1).max(1_825)).max(10)
const failures = z.strictObject({ count: z.int().min(0).max(100_000), minutes: z.int().min(5).max(1_440) })
const calls = z.strictObject({ count: z.int().min(0).max(100_000) })
const thresholds = Object.fromEntries(EXPIRY_TOPICS.map((topic) => [topic, days.exactOptional()]))

const NoticeSettings = z
  .object({
    thresholds: z.record(z.enum(EXPIRY_TOPICS), z.array(z.number().int())).meta({
      description: 'Days before the end, the longest first. None: nothing of this kind is told.',
    }),
    enrolmentFailures: z
      .object({ count: z.number().int(), minutes: z.number().int() })
      .meta({ description: 'Refused and failed enrolments of one endpoint within minutes. A count of 0: never.' }),
    connectorFailures: z
      .object({ count: z.number().int() })
      .meta({ description: 'Calls to one connector that failed in a row. 0: never.' }),
  })
  .meta({ id: 'NoticeSettings' })

const usual = [365, 180, 90, 30, 7]
const settings: z.input<typeof NoticeSettings> = {
  thresholds: {
    'authority-expiry': usual,
    'registration-authority-expiry': usual,
    'connector-expiry': usual,
    'static-secret-expiry': usual,
    'api-key-expiry': usual,
  },
  enrolmentFailures: { count: 20, minutes: 60 },
  connectorFailures: { count: 5 },
}

export const getNoticeSettings = operation({
  id: 'getNoticeSettings',
  method: 'GET',
  path: '/notice-settings',
  tag: 'Notices',
  summary: 'Read the thresholds of notices',
  description: 'When something is worth a notice.',
  access: 'notice:read',
  rate: 'read',
  answer: { status: 200, description: 'The thresholds.', schema: NoticeSettings, example: settings },
})

export const updateNoticeSettings = operation({
  id: 'updateNoticeSettings',
  method: 'PATCH',
  path: '/notice-settings',
  tag: 'Notices',
  summary: 'Change the thresholds of notices',
  description: 'Holds within a minute. What was told before is not told again.',
  access: 'notice:manage',
  rate: 'change',
  body: z.strictObject({
    thresholds: z.strictObject(thresholds).exactOptional(),
    enrolmentFailures: failures.exactOptional(),
    connectorFailures: calls.exactOptional(),
  }),
  bodyExample: { thresholds: { 'api-key-expiry': [30, 7] } },
  answer: { status: 200, description: 'As they are now.', schema: NoticeSettings, example: settings },
  refusals: ['invalid_input'],
})

/** Who gets notices by e-mail, and which. */
import { z } from 'zod'
import { instant, name, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { NOTICE_TOPICS } from '@/lib/services/notice-types'

const address = text(254).min(3).meta({ description: 'One e-mail address.' })
const topics = z.array(z.enum(NOTICE_TOPICS)).min(1).max(NOTICE_TOPICS.length)
const groups = z
  .array(slug)
  .max(50)
  .meta({ description: 'Notices of these groups alone. None: of all groups, and what belongs to none.' })

const NoticeRecipient = z
  .object({
    id: z.string(),
    name: z.string(),
    address: z.string(),
    topics: z.array(z.enum(NOTICE_TOPICS)),
    groups: z.array(z.string()),
    createdBy: z.string(),
    createdAt: instant,
    pausedAt: instant.nullable(),
    waiting: z.number().int(),
    lastDeliveredAt: instant.nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'NoticeRecipient' })

const example: z.input<typeof NoticeRecipient> = {
  id: '0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c',
  name: 'PKI team',
  address: 'pki@example.org',
  topics: ['authority-expiry', 'connector-expiry'],
  groups: [],
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  pausedAt: null,
  waiting: 0,
  lastDeliveredAt: null,
  lastError: null,
}

const params = z.strictObject({ id: z.uuid() })

export const listNoticeRecipients = operation({
  id: 'listNoticeRecipients',
  method: 'GET',
  path: '/notice-recipients',
  tag: 'Notices',
  summary: 'List who gets notices',
  description: 'By e-mail. Event webhooks hear of notices as well.',
  access: 'notice:read',
  rate: 'read',
  answer: {
    status: 200,
    description: 'All of them.',
    schema: z.object({ items: z.array(NoticeRecipient) }).meta({ id: 'NoticeRecipients' }),
    example: { items: [example] },
  },
})

export const addNoticeRecipient = operation({
  id: 'addNoticeRecipient',
  method: 'POST',
  path: '/notice-recipients',
  tag: 'Notices',
  summary: 'Add somebody who gets notices',
  description: 'Is told at once what stands, then what comes.',
  access: 'notice:manage',
  rate: 'change',
  idempotent: true,
  body: z.strictObject({ name: name(100), address, topics, groups: groups.default([]) }),
  bodyExample: { name: example.name, address: example.address, topics: example.topics, groups: [] },
  answer: { status: 201, description: 'The recipient.', schema: NoticeRecipient, example },
  refusals: ['invalid_input', 'conflict'],
})

export const updateNoticeRecipient = operation({
  id: 'updateNoticeRecipient',
  method: 'PATCH',
  path: '/notice-recipients/{id}',
  tag: 'Notices',
  summary: 'Change, pause or resume a recipient',
  description: 'While it is paused notices wait.',
  access: 'notice:manage',
  rate: 'change',
  params,
  body: z.strictObject({
    name: name(100).exactOptional(),
    address: address.exactOptional(),
    topics: topics.exactOptional(),
    groups: groups.exactOptional(),
    paused: z.boolean().exactOptional(),
  }),
  bodyExample: { paused: true },
  answer: { status: 200, description: 'As it is now.', schema: NoticeRecipient, example },
  refusals: ['not_found', 'invalid_input', 'conflict'],
})

export const removeNoticeRecipient = operation({
  id: 'removeNoticeRecipient',
  method: 'POST',
  path: '/notice-recipients/{id}/remove',
  tag: 'Notices',
  summary: 'Remove a recipient',
  description: 'What waits for it is not delivered any more.',
  access: 'notice:manage',
  rate: 'change',
  params,
  body: z.strictObject({}).meta({ id: 'NoticeRecipientRemoval' }),
  answer: {
    status: 200,
    description: 'It is gone.',
    schema: z.object({ removed: z.literal(true) }).meta({ id: 'RemovedNoticeRecipient' }),
    example: { removed: true as const },
  },
  refusals: ['not_found'],
})

/** Event webhooks: other systems that are told what happens, by Standard Webhooks. */
import { z } from 'zod'
import { instant, name, pageOf, paging, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { WEBHOOK_EVENTS } from '@/lib/services/event-webhook-types'

const events = z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length)
const url = text(2_000).min(1).meta({ description: 'Begins with https://.' })
const allowedHosts = z
  .array(text(260).min(1))
  .max(20)
  .meta({ description: 'Hosts in private networks that may be called, such as 10.0.0.8:8443.' })

const EventWebhook = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    allowedHosts: z.array(z.string()),
    createdBy: z.string(),
    createdAt: instant,
    pausedAt: instant.nullable(),
    previousSecretUntil: instant.nullable(),
    waiting: z.number().int(),
    givenUp: z.number().int(),
    lastDeliveredAt: instant.nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'EventWebhook' })

const Secret = z.string().meta({ description: 'Signs every message. Shown this once.' })

const example: z.input<typeof EventWebhook> = {
  id: '0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c',
  name: 'Ticket system',
  url: 'https://hooks.example.com/latchkey',
  events: ['device.action_braked', 'device.renewal_overdue'],
  allowedHosts: [],
  createdBy: 'Ada Admin',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  pausedAt: null,
  previousSecretUntil: null,
  waiting: 0,
  givenUp: 0,
  lastDeliveredAt: null,
  lastError: null,
}
const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='

const params = z.strictObject({ id: z.uuid() })

export const listEventWebhooks = operation({
  id: 'listEventWebhooks',
  method: 'GET',
  path: '/event-webhooks',
  tag: 'Connectors',
  summary: 'List the event webhooks',
  description: 'Those that were not removed.',
  access: 'connector:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of them.',
    schema: pageOf('EventWebhookPage', EventWebhook),
    example: { items: [example], nextCursor: null },
  },
})

export const createEventWebhook = operation({
  id: 'createEventWebhook',
  method: 'POST',
  path: '/event-webhooks',
  tag: 'Connectors',
  summary: 'Add an event webhook',
  description: 'It hears of what happens from then on.',
  access: 'connector:manage',
  rate: 'change',
  idempotent: true,
  body: z.strictObject({ name: name(100), url, events, allowedHosts: allowedHosts.default([]) }),
  bodyExample: { name: example.name, url: example.url, events: example.events, allowedHosts: [] },
  answer: {
    status: 201,
    description: 'It and its secret.',
    schema: EventWebhook.extend({ secret: Secret }).meta({ id: 'NewEventWebhook' }),
    example: { ...example, secret },
  },
  refusals: ['invalid_input'],
})

export const updateEventWebhook = operation({
  id: 'updateEventWebhook',
  method: 'PATCH',
  path: '/event-webhooks/{id}',
  tag: 'Connectors',
  summary: 'Change, pause or resume an event webhook',
  description: 'While it is paused events wait.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z.strictObject({
    name: name(100).exactOptional(),
    url: url.exactOptional(),
    events: events.exactOptional(),
    allowedHosts: allowedHosts.exactOptional(),
    paused: z.boolean().exactOptional(),
  }),
  bodyExample: { paused: true },
  answer: { status: 200, description: 'As it is now.', schema: EventWebhook, example },
  refusals: ['not_found', 'invalid_input'],
})

export const rotateEventWebhookSecret = operation({
  id: 'rotateEventWebhookSecret',
  method: 'POST',
  path: '/event-webhooks/{id}/rotate-secret',
  tag: 'Connectors',
  summary: 'Make a new secret for an event webhook',
  description: 'For a day messages are signed with both.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z.strictObject({}).meta({ id: 'EventWebhookRotation' }),
  answer: {
    status: 200,
    description: 'The new secret.',
    schema: z.object({ secret: Secret }).meta({ id: 'EventWebhookSecret' }),
    example: { secret },
  },
  refusals: ['not_found'],
})

export const removeEventWebhook = operation({
  id: 'removeEventWebhook',
  method: 'POST',
  path: '/event-webhooks/{id}/remove',
  tag: 'Connectors',
  summary: 'Remove an event webhook',
  description: 'What waits for it is not delivered any more.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z.strictObject({}).meta({ id: 'EventWebhookRemoval' }),
  answer: {
    status: 200,
    description: 'It is gone.',
    schema: z.object({ removed: z.literal(true) }).meta({ id: 'RemovedEventWebhook' }),
    example: { removed: true as const },
  },
  refusals: ['not_found'],
})

export const testEventWebhook = operation({
  id: 'testEventWebhook',
  method: 'POST',
  path: '/event-webhooks/{id}/test',
  tag: 'Connectors',
  summary: 'Send a test to an event webhook',
  description: 'A signed message of the type webhook.test, at once. Ten in ten minutes at most.',
  access: 'connector:manage',
  rate: 'change',
  params,
  body: z.strictObject({}).meta({ id: 'EventWebhookTestRequest' }),
  answer: {
    status: 200,
    description: 'What came of it.',
    schema: z
      .object({ works: z.boolean(), status: z.number().int().nullable(), sentence: z.string() })
      .meta({ id: 'EventWebhookTest' }),
    example: { works: true, status: 204, sentence: 'It answered HTTP 204.' },
  },
  refusals: ['not_found', 'rate_limited'],
})

export const listEventDeliveries = operation({
  id: 'listEventDeliveries',
  method: 'GET',
  path: '/event-webhooks/{id}/deliveries',
  tag: 'Connectors',
  summary: 'List what was told to an event webhook',
  description: 'The newest hundred, kept for thirty days.',
  access: 'connector:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'Deliveries, newest first.',
    schema: z
      .object({
        items: z.array(
          z.object({
            id: z.string(),
            event: z.string(),
            createdAt: instant,
            attempts: z.number().int(),
            nextAttemptAt: instant,
            deliveredAt: instant.nullable(),
            givenUpAt: instant.nullable(),
            status: z.number().int().nullable(),
            lastError: z.string().nullable(),
          }),
        ),
      })
      .meta({ id: 'EventDeliveries' }),
    example: { items: [] },
  },
  refusals: ['not_found'],
})

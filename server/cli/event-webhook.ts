/** latchkey event-webhook: other systems that are told what happens. */
import { WEBHOOK_EVENTS, type WebhookEvent } from '@/lib/services/event-webhook-types'
import { command, UsageFault } from './command'
import { facts, moment, table } from './text'

export const createEventWebhook = command({
  name: 'event-webhook create',
  summary: 'Tell another system what happens, by Standard Webhooks',
  details: `EVENT is one of ${WEBHOOK_EVENTS.join(', ')}. The secret is shown once.`,
  options: {
    name: { value: 'NAME', description: 'Which system it is', required: true },
    url: { value: 'URL', description: 'Where it listens, beginning with https://', required: true },
    event: { value: 'EVENT', description: 'What it hears of', repeats: true },
    'allow-host': { value: 'HOST', description: 'A host in a private network that may be called', repeats: true },
  },
  examples: [
    'event-webhook create --name Tickets --url https://hooks.example.com/ --event device.renewal_overdue --json',
  ],
  async run({ options: { name, url, event, 'allow-host': allowedHosts }, withServices }) {
    const events = event.map(eventOf)
    const { view, secret } = await withServices((services, actor) =>
      services.eventWebhooks.create(actor, { name, url, events, allowedHosts }),
    )
    const text = facts([
      ['Id', view.id],
      ['Secret', secret],
    ])
    return { json: { id: view.id, secret }, text: `${text}\n\nKeep the secret now: it is not shown again.` }
  },
})

export const listEventWebhooks = command({
  name: 'event-webhook list',
  summary: 'List the systems that are told what happens',
  options: {},
  examples: ['event-webhook list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.eventWebhooks.list(actor))
    const rows = items.map(({ id, name, pausedAt, waiting, lastDeliveredAt }) => [
      id,
      name,
      pausedAt === null ? 'working' : 'paused',
      String(waiting),
      moment(lastDeliveredAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['ID', 'NAME', 'STATE', 'WAITING', 'LAST DELIVERED'], rows, 'There are no event webhooks yet.'),
    }
  },
})

export const removeEventWebhook = command({
  name: 'event-webhook remove',
  summary: 'Tell another system nothing any more',
  argument: 'ID',
  options: {},
  examples: ['event-webhook remove 0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.eventWebhooks.remove(actor, argument))
    return { json: { removed: true }, text: 'Removed.' }
  },
})

export const testEventWebhook = command({
  name: 'event-webhook test',
  summary: 'Send a signed test to another system at once',
  argument: 'ID',
  options: {},
  examples: ['event-webhook test 0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c'],
  async run({ argument, withServices }) {
    const test = await withServices((services, actor) => services.eventWebhooks.test(actor, argument))
    return { json: test, text: test.sentence, exitCode: test.works ? 0 : 1 }
  },
})

function eventOf(text: string): WebhookEvent {
  const event = WEBHOOK_EVENTS.find((known) => known === text)
  if (event === undefined) throw new UsageFault(`--event takes one of ${WEBHOOK_EVENTS.join(', ')}, not ${text}.`)
  return event
}

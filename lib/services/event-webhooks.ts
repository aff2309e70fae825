/** Which systems hear of which events: added, changed, paused, with a secret that can be replaced without a gap. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditEventType } from './audit'
import { isTaken, saidBy, sendEvent } from './event-sending'
import {
  type EventBody,
  type EventWebhookSettings,
  type EventWebhookStore,
  type EventWebhooksService,
  type EventWebhookTarget,
  type EventWebhookView,
  TEST_EVENT,
  WEBHOOK_EVENTS,
} from './event-webhook-types'
import type { Outbound, OutboundAnswer } from './outbound'
import { authorise } from './permissions'
import type { Signer } from './signer'
import { newSecret, secretText } from './webhook-signature'

const SECRET_GRACE_MS = 86_400_000
const SHOWN = 100
const TESTS = { count: 10, seconds: 600 }
const MOST = { name: 100, url: 2_000, hosts: 20 }
const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:.]{2,45}\](:\d{1,5})?$/i

export function createEventWebhooks({
  store,
  signer,
  outbound,
  limit,
  clock,
}: {
  store: EventWebhookStore
  signer: Pick<Signer, 'seal' | 'open'>
  outbound: Outbound
  limit(key: string, count: number, seconds: number): Promise<void>
  clock: () => Date
}): EventWebhooksService {
  async function one(id: string): Promise<EventWebhookView> {
    const view = (await store.list()).find((webhook) => webhook.id === id)
    if (view === undefined) throw unknown()
    return view
  }
  async function secretFor(id: string): Promise<{ secret: string; sealed: Uint8Array }> {
    const secret = newSecret()
    return { secret: secretText('standard', secret), sealed: await signer.seal('connector-hook', id, secret) }
  }

  return {
    async list(actor) {
      authorise(actor, 'connector:read')
      return store.list()
    },

    async deliveries(actor, id) {
      authorise(actor, 'connector:read')
      await one(id)
      return store.deliveries(id, SHOWN)
    },

    async create(actor, asked) {
      authorise(actor, 'connector:manage')
      const settings = checked(asked)
      const id = crypto.randomUUID()
      const { secret, sealed } = await secretFor(id)
      await store.add({ ...settings, id, secretSealed: sealed, createdBy: actor.name, at: clock() }, [
        webhookEvent('event_webhook.created', actor, id, settings.name, {
          data: { host: new URL(settings.url).host, events: settings.events },
        }),
      ])
      return { view: await one(id), secret }
    },

    async change(actor, id, { paused, ...asked }) {
      authorise(actor, 'connector:manage')
      const before = await one(id)
      const after = checked({ ...pick(before), ...given(asked) })
      const switched = paused !== undefined && paused !== (before.pausedAt !== null)
      const fields = [
        ...SETTINGS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])),
        ...(switched ? ['paused'] : []),
      ]
      if (fields.length === 0) return before
      const change = { ...after, ...(switched ? { pausedAt: paused ? clock() : null } : {}) }
      if (!(await store.update(id, change, [webhookEvent('event_webhook.updated', actor, id, after.name, { fields })])))
        throw unknown()
      return one(id)
    },

    async rotateSecret(actor, id) {
      authorise(actor, 'connector:manage')
      const { name } = await one(id)
      const { secret, sealed } = await secretFor(id)
      const until = new Date(clock().getTime() + SECRET_GRACE_MS)
      const events = [webhookEvent('event_webhook.updated', actor, id, name, { fields: ['secret'] })]
      if (!(await store.replaceSecret(id, sealed, until, events))) throw unknown()
      return { secret }
    },

    async remove(actor, id) {
      authorise(actor, 'connector:manage')
      const { name } = await one(id)
      if (!(await store.remove(id, clock(), [webhookEvent('event_webhook.removed', actor, id, name, {})])))
        throw unknown()
    },

    async test(actor, id) {
      authorise(actor, 'connector:manage')
      const webhook = await store.target(id)
      if (webhook === null) throw unknown()
      await limit(`webhook-test:${actor.id ?? actor.name}`, TESTS.count, TESTS.seconds)
      const deliveryId = crypto.randomUUID()
      const at = clock()
      const body: EventBody = { type: TEST_EVENT, timestamp: at.toISOString(), data: { by: actor.name } }
      const answer = await sendEvent(deliveryId, body, webhook, { outbound, signer, at })
      const works = isTaken(answer)
      const error = works ? null : saidBy(answer)
      const status = answer.answered ? answer.status : null
      await store.noteTest(id, { deliveryId, body, status, error, at }, testEvent(actor, webhook, answer))
      return { works, status, sentence: error ?? `It answered HTTP ${status}.` }
    },
  }
}

function testEvent(actor: Actor, { id, name }: EventWebhookTarget, answer: OutboundAnswer): AuditEntry {
  const object = { type: 'event-webhook' as const, id, name }
  if (isTaken(answer)) return { type: 'event_webhook.tested', outcome: 'success', actor, object }
  const reason = answer.answered ? `http_${answer.status}` : answer.fault
  return { type: 'event_webhook.tested', outcome: 'failure', reason, actor, object }
}

const SETTINGS = ['name', 'url', 'events', 'allowedHosts'] as const

function pick({ name, url, events, allowedHosts }: EventWebhookSettings): EventWebhookSettings {
  return { name, url, events, allowedHosts }
}

function given(asked: Partial<EventWebhookSettings>): Partial<EventWebhookSettings> {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** Throws one Refusal that names every field that is wrong. */
function checked({ name, url, events, allowedHosts }: EventWebhookSettings): EventWebhookSettings {
  const plain = name.normalize('NFC').trim()
  const hosts = [...new Set(allowedHosts.map((host) => host.trim().toLowerCase()).filter((host) => host !== ''))]
  const faults: Record<string, string> = {}
  if (plain === '' || plain.length > MOST.name || /\p{Cc}/u.test(plain))
    faults.name = 'Give a name of at most 100 characters.'
  if (!isUsable(url)) faults.url = 'Write an address that begins with https://, without a user name in it.'
  const wanted = WEBHOOK_EVENTS.filter((event) => events.includes(event))
  if (wanted.length === 0 || wanted.length < new Set(events).size)
    faults.events = `Choose at least one event: ${WEBHOOK_EVENTS.join(', ')}.`
  if (hosts.length > MOST.hosts || !hosts.every((host) => HOST.test(host)))
    faults.allowedHosts = 'Write hosts such as hooks.example.com or 10.0.0.8:8443, 20 at most.'
  const [first] = Object.values(faults)
  if (first !== undefined)
    throw new Refusal('invalid_input', first, { reason: 'invalid_event_webhook', fields: faults })
  return { name: plain, url, events: wanted, allowedHosts: hosts }
}

/** http:// is for places that the deployment allows; whether this is one shows when it is called. */
function isUsable(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || text.length > MOST.url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return url.username === '' && url.password === '' && url.hostname !== '' && url.hash === ''
}

function webhookEvent(
  type: Extract<AuditEventType, `event_webhook.${string}`>,
  actor: Actor,
  id: string,
  name: string,
  more: { data?: NonNullable<AuditEntry['data']>; fields?: string[] },
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'event-webhook', id, name },
    ...(more.fields === undefined ? {} : { change: { fields: more.fields } }),
    ...(more.data === undefined ? {} : { data: more.data }),
  }
}

function unknown(): Refusal {
  return new Refusal('not_found', 'There is no such event webhook.', { reason: 'event_webhook_unknown' })
}

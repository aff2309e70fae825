/**
 * Events on their way to other systems: taken from the audit trail, so that whatever is in it is told, and told at least
 * once; in the order in which they become due, signed by Standard Webhooks.
 */
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import type { RecordedEvent } from './audit-events'
import type { DueDelivery, EventBody, EventWebhookStore, WebhookEvent } from './event-webhook-types'
import type { Outbound } from './outbound'
import type { Signer } from './signer'
import { signatureHeaders } from './webhook-signature'

export interface EventDelivery {
  /** As a job: reads on in the trail, then delivers what is due. */
  advance(now: Date): Promise<void>
  forget(now: Date): Promise<void>
}

/** 5 s … 24 h; after the last one it is given up, three days after the first. */
const RETRY_AFTER_SECONDS = [5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400, 86_400]
const TIMEOUT_MS = 10_000
/** Longer than an attempt takes. */
const CLAIM_SECONDS = 30
const BATCH = 20
const PAGE = 500
const MOST_ROUNDS = 20
const KEPT_MS = 30 * 86_400_000

export function createEventDelivery({
  store,
  outbound,
  signer,
  clock,
}: {
  store: EventWebhookStore
  outbound: Outbound
  signer: Pick<Signer, 'open'>
  clock: () => Date
}): EventDelivery {
  return {
    async advance(now) {
      for (let round = 0; round < MOST_ROUNDS; round += 1)
        if ((await store.queue(now, TYPES, PAGE, translated)) === 0) break
      // One that does not take them now has its next turn in the next run: others do not wait for it.
      const away = new Set<string>()
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const due = await store.claimDue(clock(), BATCH, CLAIM_SECONDS, [...away])
        if (due.length === 0) break
        const taken = await Promise.all(due.map(deliver))
        for (const [at, { webhook }] of due.entries()) if (!taken[at]) away.add(webhook.id)
      }
    },
    async forget(now) {
      while ((await store.forget(new Date(now.getTime() - KEPT_MS), 1_000)) >= 1_000);
    },
  }

  /** Whether it was taken. */
  async function deliver(due: DueDelivery): Promise<boolean> {
    const body = Buffer.from(JSON.stringify(due.body), 'utf8')
    const answer = await outbound.send({
      method: 'POST',
      url: due.webhook.url,
      headers: { 'content-type': 'application/json', ...(await signed(due, body)) },
      body,
      timeoutMs: TIMEOUT_MS,
      allowedHosts: due.webhook.allowedHosts,
    })
    const at = clock()
    if (answer.answered && answer.status >= 200 && answer.status < 300) {
      await store.delivered(due.id, answer.status, at)
      return true
    }
    const seconds = RETRY_AFTER_SECONDS[due.attempts]
    const retryAt = seconds === undefined ? null : new Date(at.getTime() + seconds * 1_000)
    const error = answer.answered ? `It answered HTTP ${answer.status}.` : `${answer.fault}: ${answer.detail}`
    const status = answer.answered ? answer.status : null
    await store.failed(due.id, { error, status, at, retryAt }, retryAt === null ? [givenUp(due, error)] : [])
    return false
  }

  /** While a secret is being replaced both sign, as the specification has it. */
  async function signed({ id, webhook }: DueDelivery, body: Uint8Array): Promise<Record<string, string>> {
    const at = clock()
    const { previousSecretSealed: previous, previousSecretUntil: until } = webhook
    const sealed = [webhook.secretSealed, ...(previous !== null && until !== null && until > at ? [previous] : [])]
    const message = { id, connectionId: webhook.id, at, body }
    const headers = await Promise.all(
      sealed.map(async (each) => {
        const secret = await signer.open('connector-hook', webhook.id, each)
        return signatureHeaders('standard', secret, message)
      }),
    )
    return { ...headers[0], 'webhook-signature': headers.map((each) => each['webhook-signature']).join(' ') }
  }
}

/** A hold is a revocation with a reason of its own (RFC 5280 §5.3.1): who cuts off by these must hear of it. */
const TOLD: Readonly<Record<string, WebhookEvent>> = {
  'certificate.issued': 'certificate.issued',
  'certificate.revoked': 'certificate.revoked',
  'certificate.hold_set': 'certificate.revoked',
  'device.brake_pulled': 'device.action_braked',
  'device.renewal_overdue': 'device.renewal_overdue',
  'connector.credential_expiring': 'connector.credential_expiring',
}
const TYPES = Object.keys(TOLD)

/** Null for what nobody wants to hear of, such as certificates of our own. */
export function translated(event: RecordedEvent): EventBody | null {
  const type = Object.hasOwn(TOLD, event.type) ? TOLD[event.type] : undefined
  if (type === undefined) return null
  if (event.type === 'certificate.issued' && event.data?.kind !== 'leaf') return null
  const { type: kind, id, name } = event.object
  return {
    type,
    timestamp: event.time,
    data: { ...event.data, object: { type: kind, id, ...(name === undefined ? {} : { name }) } },
  }
}

function givenUp({ id, event, webhook, attempts }: DueDelivery, error: string): AuditEntry {
  return {
    type: 'event_webhook.failed',
    outcome: 'failure',
    reason: 'given_up',
    actor: systemActor('job', 'event delivery'),
    object: { type: 'event-webhook', id: webhook.id, name: webhook.name },
    data: { event, deliveryId: id, attempts: attempts + 1, detail: error.slice(0, 300) },
  }
}

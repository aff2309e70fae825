/**
 * Events on their way to other systems: taken from the audit trail, so that whatever is in it is told, and told at least
 * once; in the order in which they become due, signed by Standard Webhooks.
 */
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import type { RecordedEvent } from './audit-events'
import { isTaken, saidBy, sendEvent } from './event-sending'
import type { DueDelivery, EventBody, EventWebhookStore, WebhookEvent } from './event-webhook-types'
import { isExpiryTopic } from './notice-settings'
import type { Outbound } from './outbound'
import type { Signer } from './signer'

export interface EventDelivery {
  /** As a job: reads on in the trail, then delivers what is due. */
  advance(now: Date): Promise<void>
  forget(now: Date): Promise<void>
}

/** 5 s … 24 h; after the last one it is given up, three days after the first. */
const RETRY_AFTER_SECONDS = [5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400, 86_400]
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
      // Who does not take what it is sent has had its turn: the others do not wait for it again.
      const silent = new Set<string>()
      let fault: { error: unknown } | null = null
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const due = await store.claimDue(clock(), BATCH, CLAIM_SECONDS, [...silent])
        if (due.length === 0) break
        const tried = await Promise.allSettled(
          due.map(async (each) => {
            let taken = false
            try {
              taken = await deliver(each)
            } finally {
              if (!taken) silent.add(each.webhook.id)
            }
          }),
        )
        for (const each of tried) if (each.status === 'rejected') fault ??= { error: each.reason }
      }
      if (fault !== null) throw fault.error
    },
    async forget(now) {
      while ((await store.forget(new Date(now.getTime() - KEPT_MS), 1_000)) >= 1_000);
    },
  }

  /** Whether it was taken. */
  async function deliver(due: DueDelivery): Promise<boolean> {
    const answer = await sendEvent(due.id, due.body, due.webhook, { outbound, signer, at: clock() })
    const at = clock()
    if (answer.answered && isTaken(answer)) {
      await store.delivered(due.id, answer.status, at)
      return true
    }
    const seconds = RETRY_AFTER_SECONDS[due.attempts]
    const retryAt = seconds === undefined ? null : new Date(at.getTime() + seconds * 1_000)
    const error = saidBy(answer)
    const status = answer.answered ? answer.status : null
    await store.failed(due.id, { error, status, at, retryAt }, retryAt === null ? [givenUp(due, error)] : [])
    return false
  }
}

/** A hold is a revocation with a reason of its own (RFC 5280 §5.3.1): who cuts off by these must hear of it. */
const TOLD: Readonly<Record<string, WebhookEvent | undefined>> = {
  'certificate.issued': 'certificate.issued',
  'certificate.revoked': 'certificate.revoked',
  'certificate.hold_set': 'certificate.revoked',
  'device.brake_pulled': 'device.action_braked',
  'device.renewal_overdue': 'device.renewal_overdue',
  'connector.credential_expiring': 'connector.credential_expiring',
}
const TYPES = [...Object.keys(TOLD), 'notice.raised']

/** Null for what nobody wants to hear of, such as certificates of our own. */
export function translated(event: RecordedEvent): EventBody | null {
  const type = event.type === 'notice.raised' ? noticeEvent(event) : TOLD[event.type]
  if (type === undefined) return null
  if (event.type === 'certificate.issued' && event.data?.kind !== 'leaf') return null
  const { type: kind, id, name } = event.object
  return {
    type,
    timestamp: event.time,
    data: { ...event.data, object: { type: kind, id, ...(name === undefined ? {} : { name }) } },
  }
}

function noticeEvent({ data }: RecordedEvent): WebhookEvent {
  return isExpiryTopic(String(data?.topic)) ? 'notice.expiry' : 'notice.failures'
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

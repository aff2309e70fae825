/** Event webhooks: other systems that are told what happens, by Standard Webhooks. */
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import type { RecordedEvent } from './audit-events'

export const WEBHOOK_EVENTS = [
  'certificate.issued',
  'certificate.revoked',
  'connector.credential_expiring',
  'device.action_braked',
  'device.renewal_overdue',
  'notice.expiry',
  'notice.failures',
] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

export interface EventWebhookSettings {
  name: string
  url: string
  events: WebhookEvent[]
  /** Hosts in private networks that may be called, as "host" or "host:port". */
  allowedHosts: string[]
}

export interface EventWebhookView extends EventWebhookSettings {
  id: string
  createdBy: string
  createdAt: Date
  pausedAt: Date | null
  /** Until then what is sent is signed with the secret before as well. */
  previousSecretUntil: Date | null
  /** Of its deliveries that are kept. */
  waiting: number
  givenUp: number
  lastDeliveredAt: Date | null
  lastError: string | null
}

export interface EventDeliveryView {
  id: string
  event: string
  createdAt: Date
  attempts: number
  nextAttemptAt: Date
  deliveredAt: Date | null
  givenUpAt: Date | null
  /** What it answered last. */
  status: number | null
  lastError: string | null
}

/** Of the message that a test sends, whatever was chosen. */
export const TEST_EVENT = 'webhook.test'

/** What travels, without the time of the attempt: that is in a header. */
export interface EventBody {
  type: WebhookEvent | typeof TEST_EVENT
  /** When it happened. */
  timestamp: string
  data: { [key: string]: Json }
}

export interface EventWebhooksService {
  list(actor: Actor): Promise<EventWebhookView[]>
  /** The newest first. Refusals of all that name one: not_found. */
  deliveries(actor: Actor, id: string): Promise<EventDeliveryView[]>
  /** From the next event on. The secret is shown this once. Refusals: invalid_input. */
  create(actor: Actor, settings: EventWebhookSettings): Promise<{ view: EventWebhookView; secret: string }>
  /** While it is paused events wait. Refusals: invalid_input. */
  change(
    actor: Actor,
    id: string,
    change: Partial<EventWebhookSettings> & { paused?: boolean },
  ): Promise<EventWebhookView>
  /** For a day what is sent is signed with both. */
  rotateSecret(actor: Actor, id: string): Promise<{ secret: string }>
  remove(actor: Actor, id: string): Promise<void>
  /** Sends a signed message at once, paused or not. Refusals: not_found, rate_limited. */
  test(actor: Actor, id: string): Promise<EventWebhookTest>
}

export interface EventWebhookTest {
  works: boolean
  /** What it answered. */
  status: number | null
  /** What came of it, for an administrator. */
  sentence: string
}

/** One to send a message to, with its sealed secrets. */
export interface EventWebhookTarget {
  id: string
  name: string
  url: string
  allowedHosts: string[]
  secretSealed: Uint8Array
  previousSecretSealed: Uint8Array | null
  previousSecretUntil: Date | null
}

export interface NewEventWebhook extends EventWebhookSettings {
  id: string
  secretSealed: Uint8Array
  createdBy: string
  at: Date
}

export interface DueDelivery {
  id: string
  event: string
  body: EventBody
  /** Attempts before this one. */
  attempts: number
  webhook: EventWebhookTarget
}

export interface EventWebhookStore {
  list(): Promise<EventWebhookView[]>
  deliveries(id: string, limit: number): Promise<EventDeliveryView[]>
  add(webhook: NewEventWebhook, events: AuditEntry[]): Promise<void>
  /** False when it is gone. */
  update(
    id: string,
    change: Partial<EventWebhookSettings> & { pausedAt?: Date | null },
    events: AuditEntry[],
  ): Promise<boolean>
  /** The present one becomes the one before. */
  replaceSecret(id: string, sealed: Uint8Array, previousUntil: Date, events: AuditEntry[]): Promise<boolean>
  /** What was not delivered is not any more. */
  remove(id: string, at: Date, events: AuditEntry[]): Promise<boolean>
  /**
   * For each webhook in one transaction: reads on in the audit trail, writes a delivery for what it wants to hear, and
   * remembers how far it came. Returns how many events it read.
   */
  queue(
    at: Date,
    types: readonly string[],
    limit: number,
    translate: (event: RecordedEvent) => EventBody | null,
  ): Promise<number>
  /** So many of each webhook at most, but of those none; claimed so that no other instance takes them meanwhile. */
  claimDue(at: Date, limit: number, claimSeconds: number, except: readonly string[]): Promise<DueDelivery[]>
  delivered(id: string, status: number, at: Date): Promise<void>
  /** To be tried again at that time, or never when there is none. */
  failed(
    id: string,
    failure: { error: string; status: number | null; at: Date; retryAt: Date | null },
    events: AuditEntry[],
  ): Promise<void>
  /** Null when it is gone. */
  target(id: string): Promise<EventWebhookTarget | null>
  /** In its history, with the event. */
  noteTest(
    id: string,
    test: { deliveryId: string; body: EventBody; status: number | null; error: string | null; at: Date },
    event: AuditEntry,
  ): Promise<void>
  /** Deletes those that were settled before. */
  forget(before: Date, limit: number): Promise<number>
}

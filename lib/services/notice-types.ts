/** Notices: what people are told before something ends or when much fails, who gets which, and how that went. */
import type { Actor } from './actor'
import type { AuditEntry, AuditObject, AuditSeverity, Json, Page } from './audit'

export const EXPIRY_TOPICS = [
  'authority-expiry',
  'registration-authority-expiry',
  'connector-expiry',
  'static-secret-expiry',
  'api-key-expiry',
] as const
export const FAILURE_TOPICS = ['enrolment-failures', 'connector-failures'] as const
export const NOTICE_TOPICS = [...EXPIRY_TOPICS, ...FAILURE_TOPICS] as const

export type ExpiryTopic = (typeof EXPIRY_TOPICS)[number]
export type FailureTopic = (typeof FAILURE_TOPICS)[number]
export type NoticeTopic = (typeof NOTICE_TOPICS)[number]

export interface NoticeSettings {
  /** Days before the end, the longest first; none: nothing of this kind is told. */
  thresholds: Record<ExpiryTopic, number[]>
  /** Refused and failed enrolments of one endpoint within minutes. A count of 0: never. */
  enrolmentFailures: { count: number; minutes: number }
  /** Calls to one connector that failed in a row. 0: never. */
  connectorFailures: { count: number }
}

/** Something that ends. */
export interface ExpiringThing {
  topic: ExpiryTopic
  object: { type: AuditObject['type']; id: string; name: string }
  /** When it began; null where nobody knows. */
  beginsAt: Date | null
  endsAt: Date
  group: { slug: string; name: string } | null
  /** Of its page. */
  path: string
}

/** Where something fails at the moment, much or little. */
export interface FailingThing {
  topic: FailureTopic
  object: { type: AuditObject['type']; id: string; name: string }
  count: number
  /** The most frequent reason, or the last error. */
  cause: string | null
  group: { slug: string; name: string } | null
  path: string
}

export interface NewNotice {
  id: string
  topic: NoticeTopic
  key: string
  severity: AuditSeverity
  object: { type: AuditObject['type']; id: string; name: string }
  groupSlug: string | null
  path: string
  /** One sentence, with a date instead of "tomorrow": it is read later. */
  summary: string
  data: { [key: string]: Json }
}

export interface NoticeView extends Omit<NewNotice, 'key' | 'object'> {
  object: { type: string; id: string; name: string }
  createdAt: Date
  /** Since when it is no longer so; null while it stands. */
  resolvedAt: Date | null
  delivered: number
  waiting: number
  givenUp: number
}

export interface RecipientSettings {
  name: string
  address: string
  topics: NoticeTopic[]
  /** Slugs. Empty: of all groups, and what belongs to none. */
  groups: string[]
}

export interface RecipientView extends RecipientSettings {
  id: string
  createdBy: string
  createdAt: Date
  pausedAt: Date | null
  waiting: number
  lastDeliveredAt: Date | null
  lastError: string | null
}

export interface NoticeDeliveryView {
  id: string
  /** Null for a test. */
  summary: string | null
  recipient: string | null
  address: string
  createdAt: Date
  attempts: number
  nextAttemptAt: Date
  deliveredAt: Date | null
  givenUpAt: Date | null
  lastError: string | null
}

export interface NoticesService {
  /** The newest first. Refusals: invalid_input (cursor). */
  list(
    actor: Actor,
    filter: { standing?: boolean },
    page: { cursor?: string; limit?: number },
  ): Promise<Page<NoticeView>>
  /** The newest hundred. */
  deliveries(actor: Actor): Promise<NoticeDeliveryView[]>
  settings(actor: Actor): Promise<NoticeSettings>
  /** Holds from the next look on, within a minute. Refusals: invalid_input. */
  changeSettings(actor: Actor, change: NoticeSettingsChange): Promise<NoticeSettings>
  recipients(actor: Actor): Promise<RecipientView[]>
  /** Is told at once what stands. Refusals: invalid_input, conflict (the address is there already). */
  addRecipient(actor: Actor, settings: RecipientSettings): Promise<RecipientView>
  /** While it is paused notices wait. Refusals of all that name one: not_found. */
  changeRecipient(
    actor: Actor,
    id: string,
    change: Partial<RecipientSettings> & { paused?: boolean },
  ): Promise<RecipientView>
  removeRecipient(actor: Actor, id: string): Promise<void>
}

export interface NoticeSettingsChange {
  thresholds?: Partial<Record<ExpiryTopic, number[]>>
  enrolmentFailures?: { count: number; minutes: number }
  connectorFailures?: { count: number }
}

export interface NoticeStore {
  list(
    filter: { standing?: boolean },
    page: { after: { createdAt: Date; id: string } | null; limit: number },
  ): Promise<NoticeView[]>
  deliveries(limit: number): Promise<NoticeDeliveryView[]>
  settings(): Promise<NoticeSettings>
  setSettings(settings: NoticeSettings, event: AuditEntry): Promise<void>
}

export interface RecipientStore {
  recipients(): Promise<RecipientView[]>
  /** Those of them that exist. */
  knownGroups(slugs: readonly string[]): Promise<string[]>
  /** With a delivery of all that stands and that it wants to hear of. False when the address is there already. */
  add(recipient: RecipientSettings & { id: string; createdBy: string; at: Date }, event: AuditEntry): Promise<boolean>
  /** False when it is gone; 'taken' when another one has the address. */
  update(
    id: string,
    change: Partial<RecipientSettings> & { pausedAt?: Date | null },
    event: AuditEntry,
  ): Promise<boolean | 'taken'>
  /** What was not delivered is not any more. */
  remove(id: string, at: Date, event: AuditEntry): Promise<boolean>
}

export interface NoticeRaisingStore {
  settings(): Promise<NoticeSettings>
  /** What ends between these moments and is in use. */
  expiring(from: Date, to: Date): Promise<ExpiringThing[]>
  /** Endpoints at which at least so many enrolments failed since then, connectors whose last calls failed. */
  failing(since: Date): Promise<FailingThing[]>
  /** Of those that stand. */
  standing(): Promise<{ topic: NoticeTopic; key: string; objectId: string }[]>
  /**
   * In one transaction: those that nobody raised before, each with its deliveries and its event; those that were resolved
   * stand again without being told again. Returns how many are new.
   */
  raise(notices: readonly NewNotice[], at: Date, event: (notice: NewNotice) => AuditEntry): Promise<number>
  resolve(keys: readonly string[], at: Date): Promise<void>
  /**
   * Deletes deliveries that were settled and notices that were resolved so long ago, and gives up what still waits about
   * those that were resolved before `stale`.
   */
  forget(before: { settled: Date; resolved: Date; stale: Date }, at: Date): Promise<void>
}

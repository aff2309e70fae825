/** What became of a request, told at least once to whoever was asked about it: an outbox that a job empties. */
import { Refusal } from '@/lib/errors'
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import { explanationOf } from './enrolment-refusals'
import type { Validator, ValidatorCalls } from './validators'
import { notificationBody, type WebhookObject } from './webhook-body'

/** A notification whose request is decided, claimed for one attempt. */
export interface DueNotification {
  id: string
  validator: Validator
  transactionRowId: string
  /** Attempts before this one. */
  attempts: number
  /** As noted when the question was asked. */
  body: { request: WebhookObject; transactionId: string }
  /** The certificate, DER; null when there is none and will be none. */
  certificate: Uint8Array | null
  /** Reason code of the transaction. */
  reason: string | null
}

export interface NotificationStore {
  /** Those that are due and whose request is decided, claimed so that no other instance takes them meanwhile. */
  claimDue(limit: number, claimSeconds: number): Promise<DueNotification[]>
  /** The one of this request, if its validator must hear of it before the device does and has not yet. */
  claimBlocking(transactionRowId: string, claimSeconds: number): Promise<DueNotification | 'nothing' | 'claimed'>
  delivered(id: string): Promise<void>
  /** To be tried again after so many seconds, or never, when there are none. */
  failed(id: string, error: string, retryAfterSeconds: number | null, events: AuditEntry[]): Promise<void>
  /** Deletes those that were settled so long ago. */
  forget(days: number, limit: number): Promise<number>
}

export interface Notifications {
  /** Returns how many were tried. */
  deliverDue(): Promise<number>
  /** Throws Refusal unavailable while a notification is outstanding that must come first. */
  deliverBeforeAnswer(transactionRowId: string): Promise<void>
  forget(): Promise<void>
}

/** 1 s … 24 h; after the last one it is given up, two days after the first. */
const RETRY_AFTER_SECONDS = [1, 5, 30, 120, 600, 3_600, 21_600, 43_200, 86_400]
/** Longer than a call with its repetition takes. */
const CLAIM_SECONDS = 30
const BATCH = 20
const KEPT_DAYS = 30

export function createNotifications({
  store,
  calls,
  clock,
}: {
  store: NotificationStore
  calls: Pick<ValidatorCalls, 'tell'>
  clock(): Date
}): Notifications {
  return {
    async deliverDue() {
      const due = await store.claimDue(BATCH, CLAIM_SECONDS)
      await Promise.all(due.map(deliver))
      return due.length
    },

    async deliverBeforeAnswer(transactionRowId) {
      const claimed = await store.claimBlocking(transactionRowId, CLAIM_SECONDS)
      if (claimed === 'nothing') return
      if (claimed !== 'claimed' && (await deliver(claimed))) return
      throw new Refusal('unavailable', 'The validator has not confirmed the certificate yet.', {
        reason: 'notification_outstanding',
        retryAfterSeconds: 10,
      })
    },

    async forget() {
      while ((await store.forget(KEPT_DAYS, 1_000)) >= 1_000);
    },
  }

  async function deliver(due: DueNotification): Promise<boolean> {
    const outcome =
      due.certificate === null ? { failed: failureText(due.reason) } : ({ issued: due.certificate } as const)
    const body = notificationBody(clock(), due.body.request, due.body.transactionId, outcome)
    const told = await calls.tell(due.validator, due.id, body)
    if ('told' in told) {
      await store.delivered(due.id)
      return true
    }
    const retryAfter = RETRY_AFTER_SECONDS[due.attempts] ?? null
    const error = `${told.fault}: ${told.detail}`
    await store.failed(due.id, error, retryAfter, retryAfter === null ? [givenUpEvent(due, error)] : [])
    return false
  }
}

function failureText(reason: string | null): string {
  return reason === null ? 'no certificate was issued' : `${reason}: ${explanationOf(reason) ?? 'no certificate'}`
}

function givenUpEvent({ validator, attempts, transactionRowId, body }: DueNotification, error: string): AuditEntry {
  return {
    type: 'notification.failed',
    outcome: 'failure',
    reason: 'given_up',
    actor: systemActor('job', 'notification delivery'),
    object: { type: 'validator', id: validator.id, name: validator.name },
    transactionId: body.transactionId,
    data: { attempts: attempts + 1, detail: error, enrolmentTransactionId: transactionRowId },
  }
}

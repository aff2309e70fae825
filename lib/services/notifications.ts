/** What became of a request, told at least once to whoever was asked about it: an outbox that a job empties. */
import { Refusal } from '@/lib/errors'
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import { EnrolmentRefusal, explanationOf } from './enrolment-refusals'
import { printableText } from './enrolment-text'
import { type RevokedFacts, revocationEvent } from './revocation'
import type { Validator, ValidatorCalls } from './validators'
import { notificationBody, type WebhookObject } from './webhook-body'

/** A notification whose request is decided, claimed for one attempt. */
export interface DueNotification {
  id: string
  validator: Validator
  transactionRowId: string
  /** Attempts before this one. */
  attempts: number
  /** Since the request was allowed. */
  ageSeconds: number
  /** As noted when the question was asked. */
  body: { request?: WebhookObject; transactionId: string }
  sealed: Uint8Array | null
  /** Null when there is none and will be none. */
  certificate: { id: string; der: Uint8Array; authority: { id: string; name: string } } | null
  /** Reason code of the transaction. */
  reason: string | null
}

/** A certificate that its validator would not hear of: nobody gets it. */
export interface Withdrawal {
  reason: 'intune_not_confirmed'
  detail: string
  revokedBy: string
}

export interface NotificationStore {
  /** Those that are due and whose request is decided, claimed so that no other instance takes them meanwhile. */
  claimDue(limit: number, claimSeconds: number): Promise<DueNotification[]>
  /** The one of this request, if its validator must hear of it before the device does and has not yet. */
  claimBlocking(transactionRowId: string, claimSeconds: number): Promise<DueNotification | 'nothing' | 'claimed'>
  delivered(id: string): Promise<void>
  /** To be tried again after so many seconds, or never, when there are none. */
  failed(id: string, error: string, retryAfterSeconds: number | null, events: AuditEntry[]): Promise<void>
  /**
   * In one transaction: the notification is over, its request refused, and the certificate revoked as
   * cessationOfOperation. Nothing when it was delivered meanwhile.
   */
  withdraw(id: string, withdrawal: Withdrawal, events: (facts: RevokedFacts | null) => AuditEntry[]): Promise<void>
  /** Deletes those that were settled so long ago. */
  forget(days: number, limit: number): Promise<number>
}

/** What came of one attempt. `refused`: it was heard, and is not agreed with. Else nobody knows. */
export type Told =
  | { told: true }
  | { told: false; refused: { code: string; message: string } }
  | { told: false; detail: string; answer: 'failure' | 'retry' }

export interface Teller {
  tell(due: DueNotification): Promise<Told>
}

export interface Notifications {
  /** Returns how many were tried. */
  deliverDue(): Promise<number>
  /**
   * Whether anything had to be told. Throws Refusal unavailable, or EnrolmentRefusal, while a notification is
   * outstanding that must come first, and EnrolmentRefusal where it was not agreed with.
   */
  deliverBeforeAnswer(transactionRowId: string): Promise<boolean>
  forget(): Promise<void>
}

/** 1 s … 24 h; after the last one it is given up, two days after the first. */
const RETRY_AFTER_SECONDS = [1, 5, 30, 120, 600, 3_600, 21_600, 43_200, 86_400]
/** A device may be waiting for it: asked more often, and for a day. */
const INTUNE_RETRY = { seconds: [5, 10, 30, 60, 120, 300, 600], longest: 900, forSeconds: 86_400 }
/** Longer than an attempt takes with its repetition. */
const CLAIM_SECONDS = 30
const WAIT_MS = { step: 250, longest: 8_000 }
const BATCH = 20
const KEPT_DAYS = 30

export function createNotifications({
  store,
  calls,
  intune,
  clock,
  pause = sleep,
}: {
  store: NotificationStore
  calls: Pick<ValidatorCalls, 'tell'>
  intune?: Teller
  clock(): Date
  pause?(milliseconds: number): Promise<void>
}): Notifications {
  return {
    async deliverDue() {
      const due = await store.claimDue(BATCH, CLAIM_SECONDS)
      await Promise.all(due.map(deliver))
      return due.length
    },

    async deliverBeforeAnswer(transactionRowId) {
      const claimed = await claimOrWait(transactionRowId)
      if (claimed === 'nothing') return false
      if (claimed !== 'claimed' && claimed.validator.kind === 'intune' && claimed.sealed === null)
        throw new EnrolmentRefusal('intune_not_confirmed', 'the certificate was withdrawn', { recorded: true })
      const told = claimed === 'claimed' ? null : await deliver(claimed)
      if (told?.told) return true
      if (told !== null && 'refused' in told)
        throw new EnrolmentRefusal('intune_not_confirmed', inWords(told.refused), { recorded: true })
      if (told?.answer === 'failure')
        throw new EnrolmentRefusal('intune_confirmation_outstanding', told.detail, { recorded: true })
      throw new Refusal('unavailable', 'The validator has not confirmed the certificate yet.', {
        reason: 'notification_outstanding',
        retryAfterSeconds: 10,
        ...(told === null ? {} : { detail: told.detail }),
      })
    },

    async forget() {
      while ((await store.forget(KEPT_DAYS, 1_000)) >= 1_000);
    },
  }

  /** Another worker may be at it, for the same device or for the job: what it comes to is heard in a moment. */
  async function claimOrWait(transactionRowId: string) {
    for (let waited = 0; ; waited += WAIT_MS.step) {
      const claimed = await store.claimBlocking(transactionRowId, CLAIM_SECONDS)
      if (claimed !== 'claimed' || waited >= WAIT_MS.longest) return claimed
      await pause(WAIT_MS.step)
    }
  }

  async function deliver(due: DueNotification): Promise<Told> {
    const told = await tell(due)
    if (told.told) await store.delivered(due.id)
    else if ('refused' in told) await withdraw(due, inWords(told.refused))
    else if (due.validator.kind === 'intune') await goOn(due, told.detail)
    else {
      const retryAfter = RETRY_AFTER_SECONDS[due.attempts] ?? null
      await store.failed(due.id, told.detail, retryAfter, retryAfter === null ? [givenUpEvent(due, told.detail)] : [])
    }
    return told
  }

  async function tell(due: DueNotification): Promise<Told> {
    if (due.validator.kind === 'intune')
      return (await intune?.tell(due)) ?? { told: false, detail: 'nobody tells Intune', answer: 'retry' }
    const outcome =
      due.certificate === null ? { failed: failureText(due.reason) } : ({ issued: due.certificate.der } as const)
    const body = notificationBody(clock(), due.body.request ?? {}, due.body.transactionId, outcome)
    const told = await calls.tell(due.validator, due.id, body)
    return 'told' in told ? told : { told: false, detail: `${told.fault}: ${told.detail}`, answer: 'retry' }
  }

  /** A certificate that Intune could not be told of within a day: its device has long had another challenge. */
  async function goOn(due: DueNotification, detail: string): Promise<void> {
    const { seconds, longest, forSeconds } = INTUNE_RETRY
    if (due.ageSeconds < forSeconds) {
      const events = due.attempts === 0 && due.certificate !== null ? [outstandingEvent(due, detail)] : []
      return store.failed(due.id, detail, seconds[due.attempts] ?? longest, events)
    }
    if (due.certificate === null) return store.failed(due.id, detail, null, [givenUpEvent(due, detail)])
    await withdraw(due, `Intune could not be told of it within a day: ${detail}`)
  }

  async function withdraw(due: DueNotification, detail: string): Promise<void> {
    const withdrawal = { reason: 'intune_not_confirmed', detail, revokedBy: due.validator.name } as const
    await store.withdraw(due.id, withdrawal, (facts) => withdrawalEvents(due, detail, facts))
  }
}

function inWords({ code, message }: { code: string; message: string }): string {
  return printableText([code, message].filter((part) => part !== '').join(': ')).slice(0, 500)
}

export function failureText(reason: string | null): string {
  return reason === null ? 'no certificate was issued' : `${reason}: ${explanationOf(reason) ?? 'no certificate'}`
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

const actorOf = () => systemActor('job', 'notification delivery')

function objectOf({ validator }: DueNotification) {
  return { type: 'validator', id: validator.id, name: validator.name } as const
}

function givenUpEvent(due: DueNotification, error: string): AuditEntry {
  return {
    type: 'notification.failed',
    outcome: 'failure',
    reason: 'given_up',
    actor: actorOf(),
    object: objectOf(due),
    transactionId: due.body.transactionId,
    data: { attempts: due.attempts + 1, detail: error, enrolmentTransactionId: due.transactionRowId },
  }
}

function outstandingEvent(due: DueNotification, detail: string): AuditEntry {
  return {
    type: 'validator.unavailable',
    outcome: 'error',
    reason: 'intune_confirmation_outstanding',
    actor: actorOf(),
    object: objectOf(due),
    transactionId: due.body.transactionId,
    data: { detail, enrolmentTransactionId: due.transactionRowId },
  }
}

function withdrawalEvents(due: DueNotification, detail: string, facts: RevokedFacts | null): AuditEntry[] {
  const answered: AuditEntry = {
    type: 'validator.answered',
    outcome: 'failure',
    reason: 'intune_not_confirmed',
    actor: actorOf(),
    object: objectOf(due),
    transactionId: due.body.transactionId,
    data: { detail, enrolmentTransactionId: due.transactionRowId },
  }
  if (facts === null) return [answered]
  const comment = 'Never delivered: Intune did not take note of it.'
  const request = { reason: 'cessationOfOperation', comment, invalidityDate: null } as const
  return [answered, revocationEvent(actorOf(), facts, request)]
}

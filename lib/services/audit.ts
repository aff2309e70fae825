/** The audit trail: what an event says, its canonical bytes, and the proof that no row was changed. */
import type { Actor } from './actor'
import type { ListPage, ListRequest, Matches } from './listing'

export type { Page } from './listing'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The event types in use. Severity and the sentence shown to people live in audit-events.ts. */
export type AuditEventType =
  | 'system.backup_recorded'
  | 'system.setup_completed'
  | 'authn.login.succeeded'
  | 'authn.login.failed'
  | 'authn.account.locked'
  | 'authn.logout'
  | 'authn.session.revoked'
  | 'authn.password.changed'
  | 'authz.denied'
  | 'iam.user.created'
  | 'iam.user.updated'
  | 'iam.user.disabled'
  | 'iam.user.enabled'
  | 'iam.groups.changed'
  | 'iam.role.granted'
  | 'iam.token.created'
  | 'iam.token.revoked'
  | 'iam.token.rejected'
  | 'ca.create.requested'
  | 'ca.create.completed'
  | 'ca.revoked'
  | 'ca.revocation_drilled'
  | 'ca.imported'
  | 'ca.request.created'
  | 'ca.request.withdrawn'
  | 'ca.crl_imported'
  | 'ca.default_root_changed'
  | 'ca.key_sealed'
  | 'ca.key_taken_offline'
  | 'ca.key_brought_back'
  | 'group.created'
  | 'group.updated'
  | 'group.retired'
  | 'group.reopened'
  | 'endpoint.created'
  | 'endpoint.updated'
  | 'key.generated'
  | 'key.imported'
  | 'key.used'
  | 'challenge.minted'
  | 'challenge.mint_refused'
  | 'challenge.reserved'
  | 'challenge.released'
  | 'challenge.consumed'
  | 'challenge.mismatch'
  | 'challenge.replayed'
  | 'challenge.unknown'
  | 'challenge.expired'
  | 'challenge.revoked'
  | 'enrol.request.rejected'
  | 'scep.retransmission'
  | 'scep.transaction_conflict'
  | 'certificate.issue_intent'
  | 'certificate.issued'
  | 'certificate.issue_failed'
  | 'certificate.reconciled'
  | 'certificate.revoked'
  | 'certificate.hold_set'
  | 'certificate.hold_released'
  | 'certificate.bulk_revoke.scheduled'
  | 'certificate.bulk_revoke.started'
  | 'certificate.bulk_revoke.finished'
  | 'certificate.bulk_revoke.stopped'
  | 'certificate.bulk_revoke.cancelled'
  | 'crl.published'
  | 'crl.publish_failed'
  | 'audit.verified'
  | 'audit.exported'
  | 'audit.read'
  | 'audit.verification_failed'
  | 'system.rate_limited'
  | 'system.diagnostics_exported'
  | 'system.retention_changed'
  | 'system.default_endpoint_changed'
  | 'challenge_page.account_created'
  | 'challenge_page.account_changed'
  | 'challenge_page.account_enabled'
  | 'challenge_page.account_disabled'
  | 'challenge_page.secret_replaced'
  | 'challenge_page.refused'
  | 'challenge_page.probed'
  | 'static_secret.created'
  | 'static_secret.revoked'
  | 'static_secret.used'
  | 'approval.requested'
  | 'approval.approved'
  | 'approval.denied'
  | 'approval.expired'
  | 'minter.created'
  | 'minter.updated'
  | 'minter.disabled'
  | 'challenge.accepted'
  | 'challenge.alarm_dismissed'
  | 'challenge.guessing'
  | 'challenge.validated'
  | 'validator.created'
  | 'validator.updated'
  | 'validator.disabled'
  | 'validator.answered'
  | 'validator.unavailable'
  | 'notification.failed'
  | 'receiver.created'
  | 'receiver.updated'
  | 'receiver.disabled'
  | 'connector.created'
  | 'connector.updated'
  | 'connector.disabled'
  | 'connector.credential_expiring'
  | 'connector.inventory_accepted'
  | 'renewal.authorised'
  | 'renewal.repeated'
  | 'rollover.staged'
  | 'rollover.cancelled'
  | 'rollover.activated'
  | 'ra.staged'
  | 'device.rules_changed'
  | 'device.brake_changed'
  | 'device.brake_pulled'
  | 'device.brake_released'
  | 'device.actions_cancelled'
  | 'device.challenges_revoked'
  | 'device.renewal_overdue'
  | 'event_webhook.created'
  | 'event_webhook.updated'
  | 'event_webhook.removed'
  | 'event_webhook.failed'
  | 'posture.risk_accepted'
  | 'posture.risk_withdrawn'
  | 'posture.check_opened'
  | 'posture.kek_copy_confirmed'
  | 'event_webhook.tested'
  | 'mail_server.changed'
  | 'mail_server.removed'
  | 'mail_server.tested'
  | 'notice.raised'
  | 'notice.failed'
  | 'notice.settings_changed'
  | 'notice_recipient.created'
  | 'notice_recipient.updated'
  | 'notice_recipient.removed'
  | 'list.exported'
  | 'saved_view.saved'
  | 'saved_view.removed'
  | 'network.access_changed'
  | 'network.access_refused'

export type AuditOutcome = 'success' | 'failure' | 'denied' | 'error' | 'pending'
export type AuditSeverity = 'info' | 'low' | 'medium' | 'high' | 'critical'

export interface AuditObject {
  type:
    | 'ca'
    | 'key'
    | 'group'
    | 'endpoint'
    | 'certificate'
    | 'challenge'
    | 'user'
    | 'session'
    | 'token'
    | 'crl'
    | 'audit'
    | 'system'
    | 'challenge-page-account'
    | 'static-secret'
    | 'minter'
    | 'validator'
    | 'receiver'
    | 'connector'
    | 'device'
    | 'event-webhook'
    | 'posture'
    | 'mail-server'
    | 'notice-recipient'
    | 'transaction'
    | 'bulk-revocation'
    | 'saved-view'
  id: string | null
  name?: string
}

/** What a service hands to its store together with the change, so that both commit or neither does. */
export interface AuditEntry {
  type: AuditEventType
  outcome: AuditOutcome
  /** Defaults to the severity of the type. */
  severity?: AuditSeverity
  /** Stable code; required unless the outcome is success. */
  reason?: string
  actor: Actor
  object: AuditObject
  /** SCEP transactionID, as text or hex. */
  transactionId?: string
  change?: { fields: string[]; before?: Json; after?: Json }
  data?: { [key: string]: Json }
}

/** One row as people and API callers see it. */
export interface AuditEventView {
  seq: string
  id: string
  time: Date
  type: AuditEventType
  outcome: AuditOutcome
  severity: AuditSeverity
  reason: string | null
  actor: { type: string; id: string | null; name: string; role: string | null }
  object: AuditObject
  source: { ip: string | null; userAgent: string | null; via: string }
  data: { [key: string]: Json }
  change: { fields: string[]; before?: Json; after?: Json } | null
  /** One readable line: "Ada Admin revoked certificate 0A1B… (keyCompromise)". */
  sentence: string
  /** Hex of the chain value, for people who compare. */
  chain: string
}

export interface AuditFilter {
  /** Event types or prefixes such as "challenge." */
  types?: string[]
  outcome?: AuditOutcome
  actorId?: string
  objectType?: string
  objectId?: string
  /** Only events about one of these. */
  objects?: AuditReference[]
  sourceIp?: string
  /**
   * What somebody has of it: part of the name of a thing or of who acted, or a whole id, address or number of a row. Names are
   * those that things have now.
   */
  search?: string
  from?: Date
  to?: Date
}

/** By their place in the chain, which is the order in which they happened. */
export type AuditSort = 'happened'

/** One thing that events are about. */
export interface AuditReference {
  type: string
  id: string
}

/** A row, by its place in the chain and its moment. */
export interface AuditPlace {
  seq: string
  time: Date
}

export interface AuditVerification {
  ok: boolean
  /** Rows checked. */
  events: number
  /** Sequence number of the first row that does not hold, or null. */
  firstBroken: string | null
  /** What is wrong with it, in a sentence. */
  problem: string | null
  headSeq: string
  headChain: string
  /** The first and the last row that hold: what the verdict covers. Null when no row does. */
  covered: { first: AuditPlace; last: AuditPlace } | null
  millis: number
}

/** Somebody who waits for a verification. */
export interface VerificationWatch {
  /** After each page of rows. */
  progress?(checked: number, of: number): void
  /** They went away: nothing is read any more, and nothing recorded. */
  signal?: AbortSignal
}

/** What an earlier verification found. */
export interface LastVerification {
  ok: boolean
  at: Date
  by: string
  events: number
  /** The last row that it covered. */
  to: string
  /** Rows appended since then. */
  newer: number
}

export interface AuditService {
  /** Newest first unless another order is asked for. Refusals: invalid_input, unavailable (`takes_too_long`). */
  list(actor: Actor, filter: AuditFilter, page: ListRequest<AuditSort>): Promise<ListPage<AuditEventView>>
  /** How many the list has, or how many came since then. Refusals: as of the list. */
  matching(actor: Actor, filter: AuditFilter, since?: Date): Promise<Matches>
  /** Recomputes the whole chain from the stored bytes. */
  verify(actor: Actor, watch?: VerificationWatch): Promise<AuditVerification>
  /** What the trail itself says of the last time. Null when nobody ever verified it. */
  lastVerification(actor: Actor): Promise<LastVerification | null>
  /** Records something that changes nothing else: a refusal, a denied access. Throws `unavailable` if it cannot be written. */
  record(entry: AuditEntry): Promise<void>
}

/** Many certificates revoked, held or released as one: what is asked for, what it would hit, and what became of it. */
import type { Actor } from './actor'
import type { AuditEntry, Page } from './audit'
import type {
  CertificateFilter,
  CertificateListRow,
  CertificateStatus,
  CertificateSummary,
  RevocationReason,
} from './certificates'
import type { CountRequest, Keyset, ListPage, ListRequest, Matches } from './listing'
import type { Reach } from './permissions'
import type { RevocationAction, RevokedFacts } from './revocation'

/**
 * Certificates somebody ticked, by id, or all that a filter matches at the moment it is confirmed; of the groups of whoever
 * asks alone, where they are limited to groups.
 */
export type Selection = ({ certificates: string[] } | { filter: BulkFilter }) & Reach

/** A line of renewals is short: its certificates are ticked. */
export type BulkFilter = Omit<CertificateFilter, 'line'>

/** Why a certificate is left as it is. */
export type SkipCause = 'already_revoked' | 'on_hold' | 'not_on_hold' | 'expired' | 'issuer_revoked'

export type BulkState = 'scheduled' | 'running' | 'finished' | 'stopped' | 'cancelled'

/** What would happen, without any effect. */
export interface DryRun {
  action: RevocationAction
  /** What is selected, in words. */
  described: string
  matched: number
  /** Those that would change. */
  affected: number
  statuses: Partial<Record<CertificateStatus, number>>
  skipped: Partial<Record<SkipCause, number>>
  /** The newest that would change. */
  samples: CertificateSummary[]
  /** What a person types to confirm: the number, or the name of the group or issuer. */
  confirm: string
}

export interface BulkRequest {
  selection: Selection
  action: RevocationAction
  /** For `revoke` alone. */
  reason?: RevocationReason
  comment?: string
  invalidityDate?: Date
  /** Ahead; at once when it is left out. */
  startsAt?: Date
  /** How many the dry run said. The selection is frozen with the confirmation, and refused when it is another number then. */
  expect: number
  /** What was typed; null for a caller that is no person, whose number says it. */
  confirmation: string | null
}

export interface BulkRevocationView {
  id: string
  action: RevocationAction
  reason: RevocationReason | null
  comment: string | null
  invalidityDate: Date | null
  described: string
  state: BulkState
  requestedBy: string
  total: number
  done: number
  skipped: number
  /** Left out by the dry run, by cause. */
  skippedBefore: Partial<Record<SkipCause, number>>
  createdAt: Date
  startsAt: Date
  startedAt: Date | null
  endedAt: Date | null
  endedBy: string | null
}

export interface BulkRevocationDetail extends BulkRevocationView {
  /**
   * Valid certificates that took over from one of these and are none of these themselves: their holders renewed before
   * the turn of theirs came. Null while it is not over.
   */
  renewed: number | null
}

export interface BulkItemView {
  certificate: CertificateSummary
  outcome: 'waiting' | 'done' | 'skipped'
  why: SkipCause | null
  at: Date | null
  /** A valid certificate that took over from it. */
  renewedBy: { id: string; serial: string } | null
}

export type ItemOutcome = BulkItemView['outcome']

export interface BulkListFilter {
  state?: BulkState
  action?: RevocationAction
  /** Part of what was selected, in words. */
  search?: string
}

export type BulkSort = 'asked' | 'starts'

export interface BulkRevocationsService {
  /** Refusals: invalid_input (selection), not_found (a certificate, group or issuer that there is not). */
  preview(actor: Actor, action: RevocationAction, selection: Selection): Promise<DryRun>
  /** Freezes the selection. Refusals: those of preview, invalid_input (reason, time, confirmation), conflict (another number). */
  confirm(actor: Actor, request: BulkRequest): Promise<BulkRevocationView>
  /** Newest first unless another order is asked for. */
  list(actor: Actor, page: ListRequest<BulkSort>, filter?: BulkListFilter): Promise<ListPage<BulkRevocationView>>
  /** How many the list has, or how many came since then. */
  matching(actor: Actor, filter: BulkListFilter, since?: Date): Promise<Matches>
  get(actor: Actor, id: string): Promise<BulkRevocationDetail>
  items(
    actor: Actor,
    id: string,
    filter: { outcome?: ItemOutcome },
    page: { cursor?: string; limit?: number },
  ): Promise<Page<BulkItemView>>
  /** Before its time: cancelled. While it runs: stopped; what was done stays done. Refusals: not_found, conflict (over). */
  stop(actor: Actor, id: string): Promise<BulkRevocationView>
}

export interface BulkRevocations extends BulkRevocationsService {
  /** By the clock: begins what is due and works through what runs, some batches of each. Returns whether more is left. */
  advance(): Promise<boolean>
}

export interface NewBulkRevocation
  extends Pick<
    BulkRevocationView,
    'id' | 'action' | 'reason' | 'comment' | 'invalidityDate' | 'described' | 'skippedBefore' | 'createdAt' | 'startsAt'
  > {
  selection: Selection
  requestedBy: Actor
  state: 'scheduled' | 'running'
}

export interface BulkRecord extends Omit<BulkRevocationView, 'requestedBy'> {
  selection: Selection
  requestedBy: Actor
}

export interface BulkItemRecord {
  certificate: CertificateListRow
  outcome: 'done' | 'skipped' | null
  why: SkipCause | null
  at: Date | null
  renewedBy: { id: string; serial: string } | null
}

export interface Moment {
  now: Date
  expiringBefore: Date
}

export interface BulkRevocationStore {
  /** The names of the group and the issuer that a filter speaks of; null for one that there is not. */
  names(filter: BulkFilter & Reach): Promise<{ group: string | null; issuer: string | null }>
  /** How many certificates the selection means, by status. */
  tally(selection: Selection, moment: Moment): Promise<Partial<Record<CertificateStatus, number>>>
  samples(
    selection: Selection,
    statuses: readonly CertificateStatus[],
    moment: Moment,
    limit: number,
  ): Promise<CertificateListRow[]>
  /**
   * In one transaction: the row, its certificates as one statement finds them, and the events. Nothing is kept when there
   * are not `expect` of them; then it says how many there are.
   */
  freeze(
    bulk: NewBulkRevocation,
    statuses: readonly CertificateStatus[],
    expect: number,
    moment: Moment,
    events: AuditEntry[],
  ): Promise<{ frozen: true } | { frozen: false; found: number }>
  find(id: string): Promise<BulkRecord | null>
  list(filter: BulkListFilter & Reach, keyset: Keyset<BulkSort>): Promise<BulkRecord[]>
  count(filter: BulkListFilter & Reach, request: CountRequest): Promise<number>
  /** By the certificates' ids, after the one given. */
  items(
    id: string,
    filter: { outcome?: ItemOutcome },
    page: { after: string | null; limit: number; now: Date },
  ): Promise<BulkItemRecord[]>
  /** Valid successors of what was done, outside of it. */
  renewed(id: string, now: Date): Promise<number>
  /** Ids of what runs, and of what is scheduled and due. */
  due(now: Date): Promise<string[]>
  /** scheduled → running, if it is due. One conditional update. */
  begin(id: string, now: Date, event: (bulk: BulkRecord) => AuditEntry): Promise<boolean>
  /**
   * In one transaction, while it runs: looks at the next certificates and changes those whose status still allows it (and
   * releases no hold that began after it was confirmed), in one statement; notes what happened to each; makes CRLs due; appends an event for each that changed; and ends it with
   * the last one. Two callers take turns.
   */
  work(
    id: string,
    limit: number,
    moment: Moment,
    statuses: Record<RevocationAction, readonly CertificateStatus[]>,
    events: {
      changed(bulk: BulkRecord, facts: RevokedFacts): AuditEntry
      finished(bulk: BulkRecord): AuditEntry
    },
  ): Promise<'more' | 'finished' | 'not_running'>
  /** scheduled → cancelled, or running → stopped: the state there is decides. Null when it is over already. */
  end(
    id: string,
    by: string,
    now: Date,
    event: (bulk: BulkRecord) => AuditEntry,
  ): Promise<'cancelled' | 'stopped' | null>
}

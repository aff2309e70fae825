/** Requests that people decide about: what they see, what they can do, and what the store must be able to do. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { Renewed } from './certificate-intent'
import type { RowOutcome } from './challenge-presentation'
import type { SubjectAlternativeName } from './challenges'
import type { CountRequest, Keyset, ListPage, ListRequest, Matches } from './listing'
import type { CertificateRules } from './narrowing'
import type { Reach } from './permissions'

export type ApprovalState = 'open' | 'approved' | 'denied' | 'expired'

export interface DecisionView {
  name: string
  approves: boolean
  comment: string | null
  createdAt: Date
}

export interface ApprovalView {
  /** Of the enrolment transaction. */
  id: string
  state: ApprovalState
  endpoint: { slug: string; name: string }
  group: { slug: string; name: string }
  /** RFC 4514; empty where the request names nobody. */
  subject: string
  san: SubjectAlternativeName[]
  /** "RSA 2048". */
  key: string
  /** Lower-case hex. */
  spkiSha256: string
  transactionId: string
  sourceIp: string | null
  userAgent: string | null
  createdAt: Date
  expiresAt: Date
  decidedAt: Date | null
  approvalsRequired: number
  decisions: DecisionView[]
  certificate: { id: string; serial: string } | null
  /** The certificate that signed the request and that the new one takes over from. */
  renews: { id: string; serial: string } | null
  /** Why an approved request has no certificate, in plain words. */
  problem: string | null
}

/** What the CSR asks for beside its names: object identifiers where they are stored, names where people read them. */
export interface RequestedFields {
  signatureAlgorithm: string
  keyUsage: string[]
  extendedKeyUsage: string[]
  extensions: string[]
  /** What the certificate will not carry. */
  dropped: string[]
  /** The request carried a challenge that authorises nothing here. */
  wrongChallenge: boolean
}

export interface CertificateInHistory {
  id: string
  serial: string
  subject: string
  endpoint: string | null
  notAfter: Date
  revokedAt: Date | null
  sameKey: boolean
  sameSubject: boolean
}

export interface TransactionInHistory {
  id: string
  state: string
  reason: string | null
  endpoint: string
  createdAt: Date
}

export interface ApprovalDetail extends ApprovalView {
  requested: RequestedFields
  /** What differs from what the endpoint expects, one sentence each. */
  differences: string[]
  /** What deserves a second look before anybody approves, one sentence each. */
  warnings: string[]
  history: { certificates: CertificateInHistory[]; transactions: TransactionInHistory[] }
}

export interface ApprovalFilter {
  state?: ApprovalState
  endpoint?: string
  /** Part of the subject. */
  search?: string
}

export type ApprovalSort = 'asked' | 'ends' | 'name'

export interface ApprovalsService {
  /** Newest first unless another order is asked for. */
  list(actor: Actor, filter: ApprovalFilter, page: ListRequest<ApprovalSort>): Promise<ListPage<ApprovalView>>
  /** How many the list has, or how many came since then. */
  matching(actor: Actor, filter: ApprovalFilter, since?: Date): Promise<Matches>
  /** For the navigation; 0 for those who may not look. */
  countOpen(actor: Actor): Promise<number>
  get(actor: Actor, id: string): Promise<ApprovalDetail>
  /**
   * One word of one person. The one that completes the number makes the certificate; if that cannot be done now, a job
   * does it, and the device hears PENDING until then. Refusals: not_found, conflict (decided, expired, decided by this
   * person before, more than one approval needed and no person asks).
   */
  approve(actor: Actor, id: string, comment?: string): Promise<ApprovalView>
  /** One denial denies. */
  deny(actor: Actor, id: string, comment?: string): Promise<ApprovalView>
  /** How many of those that match wait for the word of this person. */
  undecided(actor: Actor, filter: ApprovalFilter): Promise<Matches>
  /**
   * The same word about many: those with these ids, or all that match, wait for this person's word and came before that
   * moment, the oldest first. Each is decided on its own, by the rules of approve() and deny(); some hundred at once.
   */
  decideMany(
    actor: Actor,
    which: { ids: readonly string[] } | { filter: ApprovalFilter; before: Date },
    decision: { approves: boolean; comment?: string },
  ): Promise<DecisionsMade>
}

/** Each of them is a transaction, and an approved one a signature: more would have whoever asked wait for minutes. */
export const DECIDED_AT_ONCE = 500

/** What became of a decision about many. */
export interface DecisionsMade {
  decided: number
  skipped: Partial<Record<SkippedDecision, number>>
  /** There are others that it did not come to. */
  more: boolean
}

/** `by_people`: more than one has to approve, and no person asks. */
export type SkippedDecision = Exclude<DecisionOutcome['outcome'], 'recorded'> | 'by_people'

/** What came in, with nothing of a challenge in it. */
export interface HeldRequest {
  transactionRowId: string
  endpointId: string
  ttlHours: number
  spki: Uint8Array
  subjectDer: Uint8Array
  san: SubjectAlternativeName[]
  key: string
  requested: RequestedFields
  /** Of a renewal: it waits until that certificate ends at the latest, for an expired one has no successor. */
  renews: { id: string; lineageId: string; notAfter: Date } | null
  /** What narrowed the line so far. */
  rules: CertificateRules
  /** Where the request that is held came from, which may be elsewhere than an earlier one that was refused. */
  ip: string | null
  /** The same as limits count it: address or network. */
  source: string
}

/** An approved request whose certificate is not there yet. */
export interface ApprovedRequest {
  id: string
  endpoint: { id: string; slug: string; groupSlug: string }
  transactionId: Uint8Array
  csrSha256: Uint8Array
  spki: Uint8Array
  spkiSha256: Uint8Array
  subject: string
  subjectDer: Uint8Array
  san: SubjectAlternativeName[]
  rules: CertificateRules
  renews: Renewed | null
  sourceIp: string | null
  decisions: DecisionView[]
}

export interface Decision {
  id: string
  /** Tells people apart. */
  by: string
  name: string
  approves: boolean
  comment: string | null
  /** Of a denied one. */
  denied: RowOutcome
}

export type DecisionOutcome =
  | { outcome: 'recorded'; state: ApprovalState; approvals: number; required: number }
  | { outcome: 'unknown' | 'again' | 'approved' | 'denied' | 'expired' }

/** A request as the events about it name it. */
export interface NamedRequest {
  id: string
  subject: string
  transactionId: Uint8Array
  spkiSha256: Uint8Array
  endpointSlug: string
  groupSlug: string
}

export interface ApprovalStore {
  /**
   * In one transaction, counted under a lock: the request is held and its transaction row waits, with the event. What
   * is held already stays as it is. `full` when too many wait.
   */
  hold(
    request: HeldRequest,
    most: { perEndpoint: number; perSource: number },
    requested: (expiresAt: Date) => AuditEntry,
  ): Promise<ApprovalState | 'full'>
  /**
   * In one transaction under the request's lock: the word of a person, and what it leads to. The approval that completes
   * the number hands the transaction row to whoever makes the certificate (pending → received).
   */
  decide(
    decision: Decision,
    event: (request: NamedRequest, after: { approvals: number; required: number }) => AuditEntry,
  ): Promise<DecisionOutcome>
  /** Open ones that match, came by then, and that nobody of this name has decided about; the oldest first. */
  undecided(filter: ApprovalFilter & Reach, page: { by: string; before: Date; limit: number }): Promise<string[]>
  countUndecided(filter: ApprovalFilter & Reach, by: string, most: number): Promise<number>
  /** Null unless it is approved and has no certificate yet. */
  approved(id: string): Promise<ApprovedRequest | null>
  /** Approved ones that nobody finished, oldest first. */
  unfinished(limit: number): Promise<string[]>
  /**
   * Open ones past their end, and approved ones that could not be issued a day after it: expired, with their rows and an
   * event each. Returns how many.
   */
  expire(limit: number, row: RowOutcome, expired: (request: NamedRequest) => AuditEntry): Promise<number>
  count(filter: ApprovalFilter & Reach, request: CountRequest): Promise<number>
  list(
    filter: ApprovalFilter & Reach,
    keyset: Keyset<ApprovalSort>,
  ): Promise<(Omit<ApprovalView, 'problem'> & { reason: string | null })[]>
  countOpen(reach: Reach): Promise<number>
  get(
    id: string,
  ): Promise<
    (Omit<ApprovalView, 'problem'> & { reason: string | null; requested: RequestedFields; validityDays: number }) | null
  >
  /** Newest first: certificates and other attempts with this name or key. */
  history(
    request: { id: string; subject: string; spkiSha256: string },
    limit: number,
    reach: Reach,
  ): Promise<ApprovalDetail['history']>
}

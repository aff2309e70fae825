/** Who may enrol: each challenge policy is an authoriser, and each leads to a reservation that one request holds. */
import type { AuditEntry, Json } from './audit'
import { type Renewed, sha256 } from './certificate-intent'
import type { Presentation, Reservation, RowOutcome } from './challenge-presentation'
import type { ChallengeConstraints } from './challenges'
import type { EndpointPolicy } from './endpoint-settings'
import { printableEntry, printableText } from './enrolment-text'
import type { Attempt } from './enrolment-turns'
import type { Signed } from './intents'
import { EnrolmentProof, type IssuedCertificate } from './issuance'
import type { Narrowing } from './narrowing'
import { newRowId } from './row-id'

export interface Authorised {
  outcome: 'redeemed'
  /** The row of challenge that is reserved for this request. */
  challengeId: string
  subject: string
  proof: EnrolmentProof
  /** Somebody said which alternative names there may be, perhaps none; otherwise they are as the request asks. */
  saysNames?: boolean
}

export type Authorisation =
  | Authorised
  /** Spent by this very CSR: a job finished what an outage interrupted, or the client resent it under a new transactionID. */
  | { outcome: 'issued_before'; certificateId: string }
  /** A rival holds the challenge and has not finished. */
  | { outcome: 'busy' }
  /** People have to decide; the transaction row says so already, and the device hears PENDING. */
  | { outcome: 'pending' }

/** What one step did of three: the turn is ours and nothing more (`begun`), or the challenge and the intent too. */
export type AtOnce =
  | { done: 'begun' }
  | {
      done: 'recorded'
      authorised: Authorised
      /** What was found out about the challenge, for the flight recorder. */
      checked: { [key: string]: Json }
      /** IssuanceService.issueLeaf() from here on. */
      /** `signed` hears of the certificate before it is recorded, so that the reply can be made meanwhile. */
      issue(signed: Signed): Promise<IssuedCertificate>
    }

export interface Authoriser {
  /**
   * The usual request in one step, under the row id that `presentation` names. Null when nothing was done: then it goes
   * step by step from the start, where whatever stands in its way is told and recorded.
   */
  enrolAtOnce?(presentation: Presentation, attempt: Attempt): Promise<AtOnce | null>
  /** Throws EnrolmentRefusal for a request that is not authorised, and Refusal unavailable when nobody could decide. */
  authorise(presentation: Presentation): Promise<Authorisation>
  /** After an issuance that did not happen: finishes the row, and frees what was reserved unless an intent needs it. */
  giveBack(presentation: Presentation, authorised: Authorised, row: RowOutcome, besides: AuditEntry[]): Promise<void>
  /** Before a renewal that needs no challenge, where the policy wants a word in it: what it leaves of it; throws to refuse. */
  checkRenewal?(presentation: Presentation): Promise<Narrowing>
  /** After issuance and before the answer: throws to withhold the certificate. */
  beforeAnswer?(presentation: Presentation, authorised: Authorised, issued: IssuedCertificate): Promise<void>
  /** Before a certificate that was issued earlier is sent again: throws to go on withholding it. */
  beforeResending?(transactionRowId: string): Promise<void>
}

export type Authorisers = Partial<Record<EndpointPolicy, Authoriser>>

/** An authorisation made as the request came in, by whatever knows the device. */
export interface Grant {
  origin: 'static' | 'approval' | 'delegated' | 'renewal'
  /** RFC 4514, for people. */
  subject: string
  /** What the certificate will say. */
  constraints: ChallengeConstraints
  /** What it rests on, for the certificate's history: no secret. */
  evidence: { [key: string]: Json }
  renewsCertificateId: string | null
  /** Somebody to be told what becomes of it: noted in the same transaction, so that it is never forgotten. */
  notify?: {
    validatorId: string
    body: { [key: string]: Json }
    /** What must be repeated and holds the challenge, sealed as `notification` for the transaction row. */
    sealed?: Uint8Array
  }
}

export interface GrantRequest extends Grant {
  id: string
  /** Of the transaction row, so that a row never has two grants. */
  handleHash: Uint8Array
  endpointId: string
  transactionRowId: string
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
  by: string
  via: string
  ip: string | null
}

export interface GrantStore {
  /**
   * Inserts the grant, reserved for this transaction and key, or reserves again the one that this transaction made
   * before; with the events, in one transaction. Null when the one before is spent or revoked.
   */
  grant(request: GrantRequest, events: AuditEntry[]): Promise<Reservation | null>
}

/** A transaction row has one grant at most. Nobody can present it: handles of challenges are keyed. */
export function grantHandle(transactionRowId: string): Uint8Array {
  return sha256(Buffer.from(`grant:${transactionRowId}`, 'ascii'))
}

/** Null when this transaction's grant is spent or revoked. */
export async function grantTo(
  store: GrantStore,
  presentation: Presentation,
  grant: Grant,
  events: AuditEntry[],
  renews?: Renewed,
): Promise<Authorised | null> {
  const reservation = await store.grant(grantRequest(presentation, grant), events.map(printableEntry))
  return reservation === null ? null : authorisedBy(presentation, reservation, renews)
}

export function grantRequest(presentation: Presentation, grant: Grant): GrantRequest {
  const { actor, endpoint, transactionRowId, csrSha256, spkiSha256 } = presentation
  return {
    ...grant,
    subject: printableText(grant.subject),
    id: newRowId(),
    handleHash: grantHandle(transactionRowId),
    endpointId: endpoint.id,
    transactionRowId,
    csrSha256,
    spkiSha256,
    by: printableText(actor.name),
    via: grant.origin,
    ip: actor.ip,
  }
}

export function authorisedBy(
  { endpoint, transactionRowId }: Presentation,
  reservation: Reservation,
  renews?: Renewed,
): Authorised {
  return {
    outcome: 'redeemed',
    challengeId: reservation.id,
    subject: reservation.subject,
    proof: EnrolmentProof.ofReservedChallenge({
      challengeId: reservation.id,
      endpointId: endpoint.id,
      enrolmentTransactionId: transactionRowId,
      constraints: reservation.constraints,
      ...(renews === undefined ? {} : { renews }),
    }),
  }
}

/** Whose turn it is: one request is decided once, and whoever sends it again hears the same answer (scep.md §6.3). */
import type { AuditEntry } from './audit'
import type { RowOutcome } from './challenge-presentation'
import { EnrolmentRefusal, isEnrolmentReason, isSettled } from './enrolment-refusals'

/** A request whose CSR is known, so that it can be found again. */
export interface Attempt {
  endpointId: string
  /** RFC 8894 §3.2.1.1: opaque bytes, compared as such. */
  transactionId: Uint8Array
  messageType: number
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
  signerSpkiSha256: Uint8Array
  subject: string | null
  sourceIp: string | null
  userAgent: string | null
  /** The certificate of ours that signed the message, where one did. */
  signerCertificateId?: string | null
  /** Family of lib/scep/client-catalogue, when it was recognised. */
  client: string | null
  /** Of the endpoint, as it was read for this request. */
  policyVersion: number
}

/** One that was refused as it arrived: perhaps before there was anything to find it by. */
export interface RefusedAttempt extends Omit<Attempt, 'messageType' | 'csrSha256' | 'spkiSha256' | 'signerSpkiSha256'> {
  messageType: number | null
  csrSha256: Uint8Array | null
  spkiSha256: Uint8Array | null
  signerSpkiSha256: Uint8Array | null
}

export interface KnownTransaction {
  id: string
  state: 'received' | 'issued' | 'refused' | 'failed' | 'pending'
  reason: string | null
  detail: string | null
  spkiSha256: Uint8Array | null
  signerSpkiSha256: Uint8Array | null
  /** From when the replay window runs: null for a certificate that waited for people and was never fetched. */
  finishedAt: Date | null
  /** It waited for people, and its certificate was never fetched. */
  undelivered: boolean
  certificate: {
    id: string
    serial: string
    name: string
    der: Uint8Array
    notAfter: Date
    revokedAt: Date | null
    /** It took over from another, whose holder asked for it. */
    renewal: boolean
  } | null
}

export interface TurnStore {
  /**
   * Inserts a live row for the attempt's identity, or returns the live row that is there. One that waited for people
   * beyond its time reads as refused, whether or not the job has been by.
   */
  begin(attempt: Attempt): Promise<{ started: true; id: string } | { started: false; known: KnownTransaction }>
  /**
   * A row that failed, that was received longer ago than any worker lives, or that was refused for this very reason: one
   * caller gets it.
   */
  takeOver(id: string, abandonedAfterSeconds: number, refusedFor?: string): Promise<boolean>
  /** A certificate that waited for people is fetched for the first time: its replay window runs from now. */
  delivered(id: string): Promise<void>
  /** Makes way for a new row of the same identity. */
  supersede(id: string): Promise<void>
  /** received → refused or failed, with its events. */
  finish(id: string, row: RowOutcome, challengeId: string | null, events: AuditEntry[]): Promise<void>
  /** An attempt whose certificate exists already: the row says so, and comes back with it. */
  finishIssued(id: string, certificateId: string): Promise<KnownTransaction>
  /** A row that is refused from the start and never live, with its event. Returns its id. */
  refuseAtOnce(
    attempt: RefusedAttempt,
    row: RowOutcome,
    challengeId: string | null,
    events: AuditEntry[],
  ): Promise<string>
  /** The newest live row of this transactionID that this key signed or asked to certify. */
  findForPoll(endpointId: string, transactionId: Uint8Array, keySha256: Uint8Array): Promise<KnownTransaction | null>
}

export type Turn =
  | { turn: 'ours'; rowId: string }
  | { turn: 'issued'; known: KnownTransaction; certificate: NonNullable<KnownTransaction['certificate']> }
  | { turn: 'refused'; known: KnownTransaction; refusal: EnrolmentRefusal }
  /** It waits for people. */
  | { turn: 'pending'; known: KnownTransaction }
  /** Another worker is still at it. */
  | { turn: 'busy' }

export interface TurnRules {
  replayWindowSeconds: number
  abandonedAfterSeconds: number
  patienceMilliseconds: number
}

export interface TurnDependencies {
  store: TurnStore
  clock(): Date
  pause(milliseconds: number): Promise<void>
  rules: TurnRules
}

export async function takeTurn({ store, clock, pause, rules }: TurnDependencies, attempt: Attempt): Promise<Turn> {
  for (let waited = 0; ; ) {
    const begun = await store.begin(attempt)
    if (begun.started) return { turn: 'ours', rowId: begun.id }
    const { known } = begun
    if (isOver(known, clock(), rules) || isDelivered(known, attempt)) {
      await store.supersede(known.id)
      continue
    }
    if (!mayHear(known, attempt.signerSpkiSha256) || (known.certificate?.renewal && !isParty(known, attempt)))
      throw new EnrolmentRefusal('transaction_conflict', 'sent again under another key')
    switch (known.state) {
      case 'issued':
        if (known.certificate !== null) return { turn: 'issued', known, certificate: known.certificate }
        throw new Error(`transaction ${known.id} is issued without a certificate`)
      case 'refused': {
        const refusal = sameAgain(known)
        // Settled by a challenge; a certificate of ours that signs the same request now may settle it otherwise.
        const settled = isSettled(refusal.reason) && (attempt.signerCertificateId ?? null) === null
        if (known.reason === null || settled) return { turn: 'refused', known, refusal }
        if (await store.takeOver(known.id, rules.abandonedAfterSeconds, known.reason))
          return { turn: 'ours', rowId: known.id }
        break
      }
      case 'pending':
        return { turn: 'pending', known }
      case 'received':
      case 'failed':
        if (await store.takeOver(known.id, rules.abandonedAfterSeconds)) return { turn: 'ours', rowId: known.id }
    }
    if (waited >= rules.patienceMilliseconds) return { turn: 'busy' }
    await pause(100)
    waited += 100
  }
}

/**
 * Past its window, or its leaf is revoked: the same bytes are a new enrolment then, with its own challenge. Without this
 * a same-key renewal a year later would get last year's certificate, as it does from NDES.
 */
export function isOver(known: KnownTransaction, now: Date, rules: Pick<TurnRules, 'replayWindowSeconds'>): boolean {
  if (known.state !== 'issued' && known.state !== 'refused') return false
  const { certificate } = known
  // One that was withdrawn before its device had it stays refused.
  if (
    known.state === 'issued' &&
    certificate !== null &&
    (certificate.revokedAt !== null || certificate.notAfter <= now)
  )
    return true
  return known.finishedAt !== null && now.getTime() - known.finishedAt.getTime() > rules.replayWindowSeconds * 1_000
}

/** Whoever signs with the certificate that this very request led to has it, and renews it with the same key. */
function isDelivered({ state, certificate }: KnownTransaction, { signerCertificateId }: Attempt): boolean {
  return state === 'issued' && certificate !== null && certificate.id === signerCertificateId
}

/** A renewal has two keys, the old and the new, and its holder signs with one of them: no proxy is in between. */
function isParty({ signerSpkiSha256, spkiSha256 }: KnownTransaction, attempt: Attempt): boolean {
  return [signerSpkiSha256, spkiSha256].some((key) => key !== null && Buffer.from(attempt.signerSpkiSha256).equals(key))
}

export function sameAgain(known: KnownTransaction): EnrolmentRefusal {
  // A code of a later version, read after a step back: refused all the same.
  const reason = known.reason !== null && isEnrolmentReason(known.reason) ? known.reason : 'policy_refused'
  return new EnrolmentRefusal(reason, known.detail ?? 'refused before', { recorded: true })
}

/**
 * Whoever saw the exchange of a device that signs with the key it asks to certify could send it again under an own key,
 * and would learn what became of it: refused. Where a proxy or Windows signed with another key, nothing tells the
 * device from who was quicker, so the same CSR gets the same answer whoever signs: a certificate is no secret.
 */
export function mayHear(
  first: { signerSpkiSha256: Uint8Array | null; spkiSha256: Uint8Array | null },
  presenter: Uint8Array,
): boolean {
  const { signerSpkiSha256: signer, spkiSha256: certified } = first
  if (signer === null || certified === null) return false
  return [signer, certified].some((key) => Buffer.from(presenter).equals(key)) || !Buffer.from(signer).equals(certified)
}

/** Redeeming a challenge: reserved by one conditional update, given back when it does not fit, told apart in the trail. */
import type { Csr } from '@/lib/pki/csr'
import type { FailInfo } from '@/lib/scep/fail-info'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { type Difference, matchNames } from './challenge-match'
import { type ChallengeConstraints, type ChallengeState, handleHash } from './challenges'
import { ENROLMENT_CAUSES, EnrolmentRefusal, type EnrolmentReason, type FailureReason } from './enrolment-refusals'
import { EnrolmentProof } from './issuance'
import type { Signer } from './signer'

/** Wrong requests that a challenge survives. Each needs its value, so the third one means that it leaked. */
export const MISMATCHES_BEFORE_REVOCATION = 3

/** Who presents what: the transaction row, and the CSR whose retransmission may take a reservation over. */
export interface Presentation {
  endpoint: { id: string; slug: string; groupSlug: string }
  actor: Actor
  /** Row id of the enrolment transaction. */
  transactionRowId: string
  /** RFC 8894 transactionID, as text. */
  transactionId: string
  csr: Csr
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
  /** The SCEP signer's key is another than the CSR's: legitimate with proxies and Windows, worth a note. */
  signerDiffers: boolean
  /** Extensions and usages of the CSR that the certificate will not carry. */
  dropped: string[]
}

export interface ReservationRequest {
  handleHash: Uint8Array
  endpointId: string
  transactionRowId: string
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
}

export interface Reservation {
  id: string
  subject: string
  constraints: ChallengeConstraints
}

/** A challenge as its presenter never sees it. */
export interface PresentedChallenge {
  id: string
  subject: string
  endpointSlug: string
  /** A pending one past its end reads as expired. */
  state: ChallengeState
  reservedBy: string | null
  reservedCsrSha256: Uint8Array | null
  reservedSpkiSha256: Uint8Array | null
  consumedAt: Date | null
  certificate: { id: string; revokedAt: Date | null } | null
}

/** What becomes of the transaction row when its challenge is given back. */
export interface RowOutcome {
  state: 'refused' | 'failed'
  reason: EnrolmentReason | FailureReason
  detail: string
  failInfo: FailInfo | null
}

export function refusedRow(reason: EnrolmentReason, detail: string): RowOutcome {
  return { state: 'refused', reason, detail, failInfo: ENROLMENT_CAUSES[reason].failInfo }
}

export interface RedemptionStore {
  /**
   * dynamic-challenge.md §5 step 2, one statement: pending and unexpired, or already reserved for this very CSR by this
   * transaction (or by one that a crash left behind). Null when there is no such challenge here.
   */
  reserve(request: ReservationRequest, reserved: (reservation: Reservation) => AuditEntry): Promise<Reservation | null>
  /**
   * Gives a reservation of this transaction back and finishes the row, in one transaction. A mismatch counts, and the
   * last one allowed revokes. A challenge with a certificate intent stays reserved, for the intent will be finished; a
   * row that failed then stays received, so that the same request may take it up again at once.
   */
  release(
    request: { challengeId: string; transactionRowId: string; mismatch: boolean; mostMismatches: number; row: RowOutcome },
    events: (after: { released: boolean; state: ChallengeState; attempt: number }) => AuditEntry[],
  ): Promise<void>
  lookup(handleHash: Uint8Array): Promise<PresentedChallenge | null>
  /** Other endpoints of the installation, at most `limit`: where a misdirected challenge may belong. */
  otherEndpoints(endpointId: string, limit: number): Promise<string[]>
}

export interface RedemptionDependencies {
  store: RedemptionStore
  signer: Pick<Signer, 'mac'>
  pause(milliseconds: number): Promise<void>
  clock(): Date
  rules: {
    /** How long to wait for a rival that holds the reservation, before the device is told to come back. */
    patienceMilliseconds: number
    replayWindowSeconds: number
  }
}

export interface Redeemed {
  outcome: 'redeemed'
  challengeId: string
  subject: string
  proof: EnrolmentProof
}

export type RedemptionOutcome =
  | Redeemed
  /** Spent by this very CSR: a job finished what an outage interrupted, or the client resent it under a new transactionID. */
  | { outcome: 'issued_before'; certificateId: string }
  /** A rival holds the challenge and has not finished. */
  | { outcome: 'busy' }

export interface Redemption {
  /** Throws EnrolmentRefusal for a challenge that does not authorise this CSR. */
  redeem(presentation: Presentation): Promise<RedemptionOutcome>
  /** After an issuance that did not happen: the challenge is free again, unless an intent still needs it. */
  giveBack(presentation: Presentation, redeemed: Redeemed, row: RowOutcome, besides: AuditEntry[]): Promise<void>
}

export function createRedemption({ store, signer, pause, clock, rules }: RedemptionDependencies): Redemption {
  return {
    async redeem(presentation) {
      const value = presentedValue(presentation.csr)
      const hash = await handleHash(signer, presentation.endpoint.id, value)
      const reservation = await reserveOrWait(presentation, hash, value)
      if ('outcome' in reservation) return reservation

      const verdict = matchNames(presentation.csr, reservation.constraints)
      if (!verdict.matches) {
        const row = refusedRow(verdict.reason, verdict.detail)
        const request = { challengeId: reservation.id, transactionRowId: presentation.transactionRowId, row }
        await store.release({ ...request, mismatch: true, mostMismatches: MISMATCHES_BEFORE_REVOCATION }, (after) =>
          mismatchEvents(presentation, reservation, verdict, after),
        )
        throw new EnrolmentRefusal(verdict.reason, verdict.detail, { recorded: true })
      }
      return {
        outcome: 'redeemed',
        challengeId: reservation.id,
        subject: reservation.subject,
        proof: EnrolmentProof.ofReservedChallenge({
          challengeId: reservation.id,
          endpointId: presentation.endpoint.id,
          enrolmentTransactionId: presentation.transactionRowId,
          constraints: reservation.constraints,
        }),
      }
    },

    async giveBack(presentation, redeemed, row, besides) {
      const challenge = { id: redeemed.challengeId, subject: redeemed.subject }
      const request = { challengeId: challenge.id, transactionRowId: presentation.transactionRowId, row }
      await store.release({ ...request, mismatch: false, mostMismatches: MISMATCHES_BEFORE_REVOCATION }, ({ released }) =>
        released ? [...besides, releasedEvent(presentation, challenge, row.reason)] : besides,
      )
    },
  }

  async function reserveOrWait(
    presentation: Presentation,
    hash: Uint8Array,
    value: string,
  ): Promise<Reservation | Exclude<RedemptionOutcome, Redeemed>> {
    for (let waited = 0; ; waited += 100) {
      const reservation = await store.reserve(
        {
          handleHash: hash, endpointId: presentation.endpoint.id, transactionRowId: presentation.transactionRowId,
          csrSha256: presentation.csrSha256, spkiSha256: presentation.spkiSha256,
        },
        (reserved) => reservedEvent(presentation, reserved),
      )
      if (reservation !== null) return reservation
      const presented = await store.lookup(hash)
      // Free again or still in somebody's hands: which of the two rivals is the rightful one shows when one is finished.
      if (presented === null || (presented.state !== 'reserved' && presented.state !== 'pending')) {
        const certificateId = presented === null ? null : spentBySameRequest(presentation, presented)
        if (certificateId !== null) return { outcome: 'issued_before', certificateId }
        throw await explain(presentation, presented, value)
      }
      if (waited >= rules.patienceMilliseconds) return { outcome: 'busy' }
      await pause(100)
    }
  }

  /**
   * The same bytes, and the holder of the certified key or the worker of the same transaction: a stranger who wrapped a
   * captured envelope anew is neither, and learns nothing.
   */
  function spentBySameRequest(presentation: Presentation, presented: PresentedChallenge): string | null {
    const { certificate, consumedAt, reservedCsrSha256, reservedBy } = presented
    if (certificate === null || certificate.revokedAt !== null || consumedAt === null || reservedCsrSha256 === null) return null
    if (!Buffer.from(presentation.csrSha256).equals(reservedCsrSha256)) return null
    if (presentation.signerDiffers && reservedBy !== presentation.transactionRowId) return null
    return clock().getTime() - consumedAt.getTime() <= rules.replayWindowSeconds * 1_000 ? certificate.id : null
  }

  /** For the audit trail and the portal alone: the device hears the same phrase for every one of these. */
  async function explain(presentation: Presentation, presented: PresentedChallenge | null, value: string): Promise<EnrolmentRefusal> {
    if (presented !== null) return refusalOf(presentation, presented)
    // Looked up even though it changes nothing for the device: "wrong URL" is the most common mistake of an operator.
    for (const endpointId of await store.otherEndpoints(presentation.endpoint.id, 50)) {
      const elsewhere = await store.lookup(await handleHash(signer, endpointId, value))
      if (elsewhere !== null) {
        return new EnrolmentRefusal('challenge_other_endpoint', `the challenge was minted for endpoint ${elsewhere.endpointSlug}`, {
          object: { type: 'challenge', id: elsewhere.id, name: elsewhere.subject },
          data: { mintedFor: elsewhere.endpointSlug },
        })
      }
    }
    const presentedRef = Buffer.from(await signer.mac('fingerprint', Buffer.from(value, 'utf8'))).toString('hex').slice(0, 16)
    return new EnrolmentRefusal('challenge_unknown', 'no such challenge', { data: { presentedRef } })
  }
}

/** RFC 2985 §5.4.1 allows one value. A trailing line end is trimmed, nothing else: an empty challenge never authorises. */
function presentedValue(csr: Csr): string {
  if (csr.challengePasswords.length > 1) throw new EnrolmentRefusal('challenge_repeated', `${csr.challengePasswords.length} challenge passwords`)
  const value = csr.challengePasswords[0]?.replace(/\r?\n$/, '') ?? ''
  if (value === '') throw new EnrolmentRefusal('challenge_missing', 'no challenge password')
  return value
}

function refusalOf(presentation: Presentation, presented: PresentedChallenge): EnrolmentRefusal {
  const object = { type: 'challenge', id: presented.id, name: presented.subject } as const
  switch (presented.state) {
    case 'consumed':
      return new EnrolmentRefusal('challenge_replayed', 'the challenge was used before', {
        object,
        data: {
          firstSpkiSha256: presented.reservedSpkiSha256 && fingerprintOf(presented.reservedSpkiSha256),
          firstCertificateId: presented.certificate?.id ?? null,
        },
      })
    case 'expired':
      return new EnrolmentRefusal('challenge_expired', 'the challenge is past its end', { object, data: { presented: true } })
    case 'revoked':
      return new EnrolmentRefusal('challenge_revoked', 'the challenge is revoked', { object })
    case 'pending':
    case 'reserved':
      throw new Error(`a ${presented.state} challenge is not refused (${presentation.transactionRowId})`)
  }
}

function reservedEvent(presentation: Presentation, reservation: Reservation): AuditEntry {
  return challengeEvent('challenge.reserved', presentation, reservation, {
    outcome: 'success',
    data: {
      ...hashes(presentation),
      ...(presentation.signerDiffers ? { signerDiffers: true } : {}),
      ...(presentation.dropped.length > 0 ? { dropped: presentation.dropped } : {}),
    },
  })
}

function mismatchEvents(
  presentation: Presentation,
  reservation: Reservation,
  verdict: { reason: EnrolmentReason; differences: Difference[] },
  after: { state: ChallengeState; attempt: number },
): AuditEntry[] {
  const [first] = verdict.differences
  const mismatch = challengeEvent('challenge.mismatch', presentation, reservation, {
    outcome: 'denied',
    reason: verdict.reason,
    data: {
      ...hashes(presentation), attempt: after.attempt, expected: first?.expected ?? [], received: first?.received ?? [],
      differences: verdict.differences.map(({ field, expected, received }) => ({ field, expected, received })),
    },
  })
  return after.state === 'revoked'
    ? [mismatch, challengeEvent('challenge.revoked', presentation, reservation, { outcome: 'success', data: { by: 'system', why: 'three_mismatches' } })]
    : [mismatch, releasedEvent(presentation, reservation, verdict.reason)]
}

function releasedEvent(presentation: Presentation, challenge: { id: string; subject: string }, why: string): AuditEntry {
  return challengeEvent('challenge.released', presentation, challenge, { outcome: 'success', data: { why } })
}

function challengeEvent(
  type: AuditEntry['type'],
  { endpoint, actor, transactionId }: Presentation,
  challenge: { id: string; subject: string },
  more: Pick<AuditEntry, 'outcome' | 'reason'> & { data: { [key: string]: Json } },
): AuditEntry {
  return {
    type,
    ...more,
    actor,
    object: { type: 'challenge', id: challenge.id, name: challenge.subject },
    transactionId,
    data: { endpoint: endpoint.slug, group: endpoint.groupSlug, ...more.data },
  }
}

function hashes({ csrSha256, spkiSha256 }: Presentation) {
  return { csrSha256: fingerprintOf(csrSha256), spkiSha256: fingerprintOf(spkiSha256) }
}

/** A hash as the audit trail writes it. */
export function fingerprintOf(hash: Uint8Array): string {
  return `sha256:${Buffer.from(hash).toString('hex')}`
}

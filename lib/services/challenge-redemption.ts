/** Redeeming a challenge: reserved by one conditional update, given back when it does not fit, told apart in the trail. */
import type { Csr } from '@/lib/pki/csr'
import type { AuditEntry } from './audit'
import { fingerprint } from './certificate-intent'
import { mismatchEvents, releasedEvent, reservedEvent } from './challenge-events'
import { matchNames } from './challenge-match'
import {
  type Presentation,
  type PresentedChallenge,
  type RedemptionStore,
  type Reservation,
  type RowOutcome,
  refusedRow,
} from './challenge-presentation'
import { handleHash } from './challenges'
import { EnrolmentRefusal } from './enrolment-refusals'
import { EnrolmentProof } from './issuance'
import type { Signer } from './signer'

/** Wrong requests that a challenge survives. Each needs its value, so the third one means that it leaked. */
export const MISMATCHES_BEFORE_REVOCATION = 3

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
      await store.release(
        { ...request, mismatch: false, mostMismatches: MISMATCHES_BEFORE_REVOCATION },
        ({ released }) => (released ? [...besides, releasedEvent(presentation, challenge, row.reason)] : besides),
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
          handleHash: hash,
          endpointId: presentation.endpoint.id,
          transactionRowId: presentation.transactionRowId,
          csrSha256: presentation.csrSha256,
          spkiSha256: presentation.spkiSha256,
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
    if (certificate === null || certificate.revokedAt !== null || consumedAt === null || reservedCsrSha256 === null)
      return null
    if (!Buffer.from(presentation.csrSha256).equals(reservedCsrSha256)) return null
    if (presentation.signerDiffers && reservedBy !== presentation.transactionRowId) return null
    return clock().getTime() - consumedAt.getTime() <= rules.replayWindowSeconds * 1_000 ? certificate.id : null
  }

  /** For the audit trail and the portal alone: the device hears the same phrase for every one of these. */
  async function explain(
    presentation: Presentation,
    presented: PresentedChallenge | null,
    value: string,
  ): Promise<EnrolmentRefusal> {
    if (presented !== null) return refusalOf(presentation, presented)
    // Looked up even though it changes nothing for the device: "wrong URL" is the most common mistake of an operator.
    for (const endpointId of await store.otherEndpoints(presentation.endpoint.id, 50)) {
      const elsewhere = await store.lookup(await handleHash(signer, endpointId, value))
      if (elsewhere !== null) {
        return new EnrolmentRefusal(
          'challenge_other_endpoint',
          `the challenge was minted for endpoint ${elsewhere.endpointSlug}`,
          {
            object: { type: 'challenge', id: elsewhere.id, name: elsewhere.subject },
            data: { mintedFor: elsewhere.endpointSlug },
          },
        )
      }
    }
    const presentedRef = Buffer.from(await signer.mac('fingerprint', Buffer.from(value, 'utf8')))
      .toString('hex')
      .slice(0, 16)
    return new EnrolmentRefusal('challenge_unknown', 'no such challenge', { data: { presentedRef } })
  }
}

/** RFC 2985 §5.4.1 allows one value. A trailing line end is trimmed, nothing else: an empty challenge never authorises. */
function presentedValue(csr: Csr): string {
  if (csr.challengePasswords.length > 1)
    throw new EnrolmentRefusal('challenge_repeated', `${csr.challengePasswords.length} challenge passwords`)
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
          firstSpkiSha256: presented.reservedSpkiSha256 && fingerprint(presented.reservedSpkiSha256),
          firstCertificateId: presented.certificate?.id ?? null,
        },
      })
    case 'expired':
      return new EnrolmentRefusal('challenge_expired', 'the challenge is past its end', {
        object,
        data: { presented: true },
      })
    case 'revoked':
      return new EnrolmentRefusal('challenge_revoked', 'the challenge is revoked', { object })
    case 'pending':
    case 'reserved':
      throw new Error(`a ${presented.state} challenge is not refused (${presentation.transactionRowId})`)
  }
}

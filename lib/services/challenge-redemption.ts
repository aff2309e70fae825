/** Redeeming a challenge: reserved by one conditional update, given back when it does not fit, told apart in the trail. */
import type { Csr } from '@/lib/pki/csr'
import { nameToText } from '@/lib/pki/name'
import type { Json } from './audit'
import { fingerprint } from './certificate-intent'
import { mismatchEvents, releasedEvent, reservedEvent } from './challenge-events'
import { type PresentedForm, presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import type { MatchVerdict } from './challenge-match'
import {
  type Presentation,
  type PresentedChallenge,
  type RedemptionStore,
  type Reservation,
  refusedRow,
} from './challenge-presentation'
import { matchRequest } from './challenge-request-match'
import { constraintsSha256 } from './challenges'
import type { Authorisation, Authorised, Authoriser } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import { mayHear } from './enrolment-turns'
import { EnrolmentProof } from './issuance'
import { raiseAlarm } from './second-key'
import type { SignedChallenges } from './signed-challenges'
import type { SealedChallenge, Signer } from './signer'

/** Wrong CSRs that a challenge survives. Each needs its value, so the third one means that it leaked. */
export const MISMATCHES_BEFORE_REVOCATION = 3
/** A misdirected challenge is looked for at so many endpoints: each costs a MAC. */
const MOST_OTHER_ENDPOINTS = 20

export interface RedemptionDependencies {
  store: RedemptionStore
  signer: Pick<Signer, 'mac' | 'challengeHandles' | 'openSealedChallenge'>
  /** Challenges that registered minters sign; without it they are unknown like any other value. */
  signed?: SignedChallenges
  pause(milliseconds: number): Promise<void>
  clock(): Date
  rules: {
    /** How long to wait for a rival that holds the reservation, before the device is told to come back. */
    patienceMilliseconds: number
    replayWindowSeconds: number
  }
}

export function createRedemption(dependencies: RedemptionDependencies): Authoriser {
  const { store, signer, signed, pause, clock, rules } = dependencies
  return {
    /** Throws EnrolmentRefusal for a challenge that does not authorise this CSR. */
    async authorise(presentation) {
      const presented = presentedForm(presentedValue(presentation.csr))
      const { hashes, sealed } = await recognise(presentation, presented)
      const reservation = await reserveOrWait(presentation, hashes, presented.value)
      if ('outcome' in reservation) return reservation
      if (sealed !== null && !isSealedFor(sealed, reservation)) return giveBackAltered(presentation, reservation)

      const verdict = matchRequest(presentation, reservation.constraints)
      presentation.trace.note('challenge.checked', matchFacts(reservation, presented.form, verdict))
      if (!verdict.matches) {
        const row = refusedRow(verdict.reason, verdict.detail)
        const { transactionRowId, csrSha256 } = presentation
        const request = { challengeId: reservation.id, transactionRowId, csrSha256, row }
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
          constraints: verdict.constraints,
        }),
      }
    },

    async giveBack(presentation, authorised, row, besides) {
      const challenge = { id: authorised.challengeId, subject: authorised.subject }
      const { transactionRowId, csrSha256 } = presentation
      const request = { challengeId: challenge.id, transactionRowId, csrSha256, row }
      await store.release(
        { ...request, mismatch: false, mostMismatches: MISMATCHES_BEFORE_REVOCATION },
        ({ released }) => (released ? [...besides, releasedEvent(presentation, challenge, row.reason)] : besides),
      )
    },
  }

  /** Under which handles the challenge may be known. Throws for a value that carries its own meaning and proves none. */
  async function recognise(
    presentation: Presentation,
    presented: PresentedForm,
  ): Promise<{ hashes: Uint8Array[]; sealed: SealedChallenge | null }> {
    const { endpoint, csrSha256 } = presentation
    if (presented.form === 'signed') {
      const hash = await signed?.accept(presentation, presented.value)
      if (hash !== undefined && hash !== null) return { hashes: [hash], sealed: null }
    }
    const hashes = await handleHashes(signer, endpoint.id, presented.value)
    if (presented.form !== 'sealed') return { hashes, sealed: null }
    const sealed = await signer.openSealedChallenge(endpoint.id, presented.sealed)
    if (sealed !== null) return { hashes, sealed }
    // Altered, or long over. What the portal says is the row's to tell, if there is one.
    const known = await store.lookup(hashes, csrSha256)
    const final = known?.state === 'pending' || known?.state === 'reserved' ? null : known
    throw await explain(presentation, final, presented.value)
  }

  /** Whoever can write to the database, but cannot make the signer seal, has not changed what the challenge is bound to. */
  async function giveBackAltered(presentation: Presentation, reservation: Reservation): Promise<never> {
    const detail = 'the row is not what was sealed into the challenge'
    const row = refusedRow('challenge_altered', detail)
    const verdict = { reason: 'challenge_altered' as const, differences: [] }
    const { transactionRowId, csrSha256 } = presentation
    const request = { challengeId: reservation.id, transactionRowId, csrSha256, row }
    await store.release({ ...request, mismatch: false, mostMismatches: MISMATCHES_BEFORE_REVOCATION }, (after) =>
      mismatchEvents(presentation, reservation, verdict, after),
    )
    throw new EnrolmentRefusal('challenge_altered', detail, { recorded: true })
  }

  async function reserveOrWait(
    presentation: Presentation,
    handleHashes: Uint8Array[],
    value: string,
  ): Promise<Reservation | Exclude<Authorisation, Authorised>> {
    for (let waited = 0; ; waited += 100) {
      const reservation = await store.reserve(
        {
          handleHashes,
          endpointId: presentation.endpoint.id,
          transactionRowId: presentation.transactionRowId,
          csrSha256: presentation.csrSha256,
          spkiSha256: presentation.spkiSha256,
        },
        (reserved) => reservedEvent(presentation, reserved),
      )
      if (reservation !== null) return reservation
      const presented = await store.lookup(handleHashes, presentation.csrSha256)
      const open = presented?.state === 'pending' || presented?.state === 'reserved'
      if (open && presented.mismatched !== null) throw mismatchAgain(presented, presented.mismatched)
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

  /** The same bytes, while the certificate is worth anything: its holder's reply was lost, or somebody was quicker. */
  function spentBySameRequest(presentation: Presentation, presented: PresentedChallenge): string | null {
    const { certificate, consumedAt, reservedCsrSha256, reservedBy, reservedSignerSpkiSha256 } = presented
    const now = clock()
    if (certificate === null || certificate.revokedAt !== null || certificate.notAfter <= now) return null
    if (consumedAt === null || now.getTime() - consumedAt.getTime() > rules.replayWindowSeconds * 1_000) return null
    if (reservedCsrSha256 === null || !Buffer.from(presentation.csrSha256).equals(reservedCsrSha256)) return null
    const first = { signerSpkiSha256: reservedSignerSpkiSha256, spkiSha256: presentation.spkiSha256 }
    const heard =
      !presentation.signerDiffers ||
      reservedBy === presentation.transactionRowId ||
      mayHear(first, presentation.signerSpkiSha256)
    return heard ? certificate.id : null
  }

  /**
   * For the audit trail and the portal alone: the device hears the same phrase for every one of these. The same work is
   * done for all of them, so that the time does not tell a challenge that was minted here from one that never was.
   */
  async function explain(
    presentation: Presentation,
    presented: PresentedChallenge | null,
    value: string,
  ): Promise<EnrolmentRefusal> {
    const [elsewhere, reference] = await Promise.all([
      // Looked up even though it changes nothing for the device: "wrong URL" is the most common mistake of an operator.
      atAnotherEndpoint(presentation.endpoint.id, value),
      signer.mac('fingerprint', Buffer.from(value, 'utf8')),
    ])
    if (presented !== null) {
      return isSecondKey(presentation, presented)
        ? raiseAlarm(store, presentation, presented, nameToText(presentation.csr.subjectDer).slice(0, 1_000))
        : refusalOf(presentation, presented)
    }
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
    const presentedRef = Buffer.from(reference).toString('hex').slice(0, 16)
    return new EnrolmentRefusal('challenge_unknown', 'no such challenge', { data: { presentedRef } })
  }

  async function atAnotherEndpoint(endpointId: string, value: string) {
    const others = await store.otherEndpoints(endpointId, MOST_OTHER_ENDPOINTS)
    const handles = await Promise.all(others.map((other) => handleHashes(signer, other, value)))
    return store.lookupAny(handles.flat())
  }
}

export function matchFacts(
  { id, subject }: Reservation,
  form: PresentedForm['form'],
  verdict: MatchVerdict,
): { [key: string]: Json } {
  const differences = verdict.matches ? [] : verdict.differences.map((each) => ({ ...each }))
  return { challengeId: id, form, boundTo: subject, fits: verdict.matches, differences }
}

export function isSealedFor(
  { challengeId, constraintsSha256: hash }: SealedChallenge,
  { id, constraints }: Pick<Reservation, 'id' | 'constraints'>,
): boolean {
  return challengeId === id && Buffer.from(hash).equals(constraintsSha256(constraints))
}

/** Another key than the one that has the certificate: the same device may well make a new CSR for its own. */
function isSecondKey({ spkiSha256 }: Presentation, { state, reservedSpkiSha256 }: PresentedChallenge): boolean {
  return state === 'consumed' && reservedSpkiSha256 !== null && !Buffer.from(spkiSha256).equals(reservedSpkiSha256)
}

/** Decided by the CSR and the challenge alone, so it stays decided: no reservation, no count, one note in the trail. */
function mismatchAgain(
  { id, subject }: PresentedChallenge,
  { reason, detail }: NonNullable<PresentedChallenge['mismatched']>,
): EnrolmentRefusal {
  return new EnrolmentRefusal(reason, detail, { object: { type: 'challenge', id, name: subject }, again: true })
}

/** RFC 2985 §5.4.1 allows one value, and a line end alone is none: an empty challenge never authorises. */
export function presentedValue(csr: Pick<Csr, 'challengePasswords'>): string {
  if (csr.challengePasswords.length > 1)
    throw new EnrolmentRefusal('challenge_repeated', `${csr.challengePasswords.length} challenge passwords`)
  const value = csr.challengePasswords[0] ?? ''
  if (/^\r?\n?$/.test(value)) throw new EnrolmentRefusal('challenge_missing', 'no challenge password')
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

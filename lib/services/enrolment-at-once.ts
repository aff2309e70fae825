/**
 * The usual enrolment in one step: its turn, its challenge and the intent of its certificate are recorded together or, but
 * for the turn, not at all. Whatever is not usual is left to the single steps, which know every refusal; this knows none.
 */
import { isRefusal } from '@/lib/errors'
import type { AuditEntry } from './audit'
import { reservedEvent } from './challenge-events'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import type { Presentation, Reservation } from './challenge-presentation'
import { isSealedFor, matchFacts, presentedValue } from './challenge-redemption'
import { matchRequest } from './challenge-request-match'
import { type Authoriser, authorisedBy } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableAttempt, printableEntry } from './enrolment-text'
import type { Attempt } from './enrolment-turns'
import type { Signed } from './intents'
import type { DrawnLeaf, IssuanceService, IssuingEndpoint } from './issuance'
import type { Signer } from './signer'

/** A challenge that may be had now, as far as a read can tell, and what its certificate would be drawn up from. */
export interface Offer {
  reservation: Reservation
  endpoint: IssuingEndpoint
}

export interface UsualEnrolment {
  rowId: string
  attempt: Attempt
  leaf: DrawnLeaf
  /** Of the reservation first, then of the intent. */
  events: AuditEntry[]
}

export interface AtOnceStore {
  /**
   * Null for a challenge that is not pending here, that was presented with a wrong request before, or whose endpoint does
   * not issue: all of them are looked into step by step.
   */
  offer(request: { handleHashes: Uint8Array[]; endpointId: string }): Promise<Offer | null>
  /**
   * In one statement with the events: begins the attempt unless a live row of its identity is there (`taken`, nothing is
   * done), and reserves the challenge for it and records the intent, both or neither (`begun`).
   */
  enrol(usual: UsualEnrolment): Promise<'taken' | 'begun' | 'recorded'>
}

export interface AtOnceDependencies {
  store: AtOnceStore
  signer: Pick<Signer, 'challengeHandles' | 'openSealedChallenge'>
  issuance: Pick<IssuanceService, 'drawLeaf' | 'issueDrawn'>
}

/** Throws what the database throws, never a refusal of its own. */
export function createEnrolAtOnce({
  store,
  signer,
  issuance,
}: AtOnceDependencies): NonNullable<Authoriser['enrolAtOnce']> {
  return async (presentation, attempt) => {
    const usual = await draw(presentation).catch(leftToTheSteps)
    if (usual === null) return null
    const { reservation, leaf, checked } = usual
    const outcome = await store.enrol({
      rowId: presentation.transactionRowId,
      attempt: printableAttempt(attempt),
      leaf,
      events: [printableEntry(reservedEvent(presentation, reservation)), leaf.event],
    })
    switch (outcome) {
      case 'taken':
        return null
      case 'begun':
        return { done: 'begun' }
      case 'recorded': {
        const { actor } = presentation
        // The store's answer alone makes the proof: the challenge is reserved for this row.
        const authorised = authorisedBy(presentation, reservation)
        const issue = (signed: Signed) => issuance.issueDrawn({ actor, proof: authorised.proof, leaf, signed })
        return { done: 'recorded', authorised, checked, issue }
      }
    }
  }

  /** What would be recorded, if nobody is quicker; null when something about it is not usual. */
  async function draw(presentation: Presentation) {
    const presented = presentedForm(presentedValue(presentation.csr))
    if (presented.form === 'signed') return null
    const endpointId = presentation.endpoint.id
    const [hashes, sealed] = await Promise.all([
      handleHashes(signer, endpointId, presented.value),
      presented.form === 'sealed' ? signer.openSealedChallenge(endpointId, presented.sealed) : null,
    ])
    const offer = await store.offer({ handleHashes: hashes, endpointId })
    if (offer === null) return null
    if (presented.form === 'sealed' && (sealed === null || !isSealedFor(sealed, offer.reservation))) return null
    const verdict = matchRequest(presentation, offer.reservation.constraints)
    if (!verdict.matches) return null
    const reservation = { ...offer.reservation, constraints: verdict.constraints }
    const leaf = issuance.drawLeaf({
      actor: presentation.actor,
      csr: presentation.csr,
      endpoint: offer.endpoint,
      challenge: {
        challengeId: reservation.id,
        endpointId,
        enrolmentTransactionId: presentation.transactionRowId,
        constraints: verdict.constraints,
      },
    })
    return { reservation, leaf, checked: matchFacts(offer.reservation, presented.form, verdict) }
  }
}

/** What is refused here is refused again where it can be told and recorded. */
function leftToTheSteps(error: unknown): null {
  if (error instanceof EnrolmentRefusal || isRefusal(error)) return null
  throw error
}

/** What would happen at the policy "dynamic": the challenge of every form, opened and compared, and never reserved. */
import type { Csr } from '@/lib/pki/csr'
import { sha256 } from './certificate-intent'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import { matchNames } from './challenge-match'
import type { PresentedChallenge, RedemptionStore } from './challenge-presentation'
import { isSealedFor } from './challenge-redemption'
import { matchRequest } from './challenge-request-match'
import type { ChallengeConstraints, ChallengeState } from './challenges'
import { type EnrolmentReason, EnrolmentRefusal } from './enrolment-refusals'
import type { SignedInspection, TokenPart } from './signed-inspection'
import type { Signer } from './signer'
import {
  type Authorisation,
  fails,
  NO_CHALLENGE_KNOWN,
  NOT_SHOWN,
  only,
  passes,
  presentedIn,
  refusedFor,
} from './simulation-checks'
import type { Simulated, SimulatedSubject, SimulationCheck } from './simulation-types'

export interface ChallengeLookup extends Pick<RedemptionStore, 'lookup' | 'lookupAny' | 'otherEndpoints'> {
  /** By the hash of its value; looking changes nothing. */
  challenge(handleHashes: Uint8Array[]): Promise<KnownChallenge | null>
}

export interface KnownChallenge {
  id: string
  state: ChallengeState
  constraints: ChallengeConstraints
}

export interface ChallengeSimulationDependencies {
  store: ChallengeLookup
  signer: Pick<Signer, 'challengeHandles' | 'openSealedChallenge'>
  signed: SignedInspection
}

const MOST_OTHER_ENDPOINTS = 20

export function createChallengeSimulation({ store, signer, signed }: ChallengeSimulationDependencies) {
  return async (simulated: Simulated): Promise<Authorisation> => {
    const { endpoint, subject, mayTry } = simulated
    const value = presentedIn(simulated)
    if (value === null) return recorded(simulated)
    if (value instanceof EnrolmentRefusal) return refusedFor(value.reason)
    if (!mayTry) return only(NOT_SHOWN)
    await simulated.count()
    const presented = presentedForm(value)
    if (presented.form === 'signed') return withToken(simulated, presented.value)
    const hashes = await handleHashes(signer, endpoint.id, presented.value)
    if (presented.form === 'handle') return known(simulated, hashes, presented.value)
    const sealed = await signer.openSealedChallenge(endpoint.id, presented.sealed)
    const row = await store.challenge(hashes)
    // Long over, it does not open any more: what the row says is the better word.
    if (sealed === null && row !== null && SPENT[row.state] !== undefined) return judged(subject, row, hashes)
    if (sealed === null) {
      const says = 'It has the form of a sealed challenge, and was not sealed here for this endpoint, or was altered.'
      const reason = row === null ? await unknownHere(endpoint.id, presented.value) : 'challenge_unknown'
      return only({ ...fails('seal', reason), says })
    }
    if (row !== null && !isSealedFor(sealed, row)) return only(fails('seal', 'challenge_altered'))
    const opened = passes('seal', 'It opens, and says what its row says.')
    return after([opened], await known(simulated, hashes, presented.value))
  }

  /** A token that was presented before has a row, which says more about it. */
  async function withToken(simulated: Simulated, value: string): Promise<Authorisation> {
    const { endpoint, subject } = simulated
    const inspection = await signed.inspect(endpoint, value)
    if (inspection === null) {
      const says = 'It has the form of a signed challenge, and does not open with a key of this endpoint.'
      return only({ ...fails('tokenForm', await unknownHere(endpoint.id, value)), says })
    }
    const { minter, parts, constraints, knownAs } = inspection
    const checks = parts.map(({ part, refusal }): SimulationCheck => {
      const [check, says] = TOKEN_CHECKS[part]
      return refusal === null ? passes(check, says) : fails(check, refusal.reason, refusal.detail)
    })
    if (constraints === null) return { checks, constraints }
    const row = knownAs === null ? null : await store.challenge([knownAs])
    if (row !== null && knownAs !== null) return after(checks, await judged(subject, row, [knownAs]))
    if (parts.some(({ refusal }) => refusal !== null)) return { checks, constraints }
    const says = `It is signed by ${minter}, and was never presented.`
    return named(subject, constraints, [...checks, passes('authorisation', says)])
  }

  async function known({ endpoint, subject }: Simulated, hashes: Uint8Array[], value: string): Promise<Authorisation> {
    const row = await store.challenge(hashes)
    return row === null ? refusedFor(await unknownHere(endpoint.id, value)) : judged(subject, row, hashes)
  }

  async function unknownHere(endpointId: string, value: string): Promise<EnrolmentReason> {
    const others = await store.otherEndpoints(endpointId, MOST_OTHER_ENDPOINTS)
    const handles = await Promise.all(others.map((other) => handleHashes(signer, other, value)))
    return (await store.lookupAny(handles.flat())) === null ? 'challenge_unknown' : 'challenge_other_endpoint'
  }

  async function judged(
    subject: SimulatedSubject,
    { state, constraints }: KnownChallenge,
    hashes: Uint8Array[],
  ): Promise<Authorisation> {
    const before = subject.csr && (await store.lookup(hashes, sha256(subject.csr.der)))
    const again = before && subject.csr && outcomeBefore(before, subject.csr)
    return again ? { checks: [again], constraints } : standing(subject, { state, constraints })
  }
}

/** Names to compare with that nobody had to present. */
export function named(
  { request, csr, messageType }: SimulatedSubject,
  constraints: ChallengeConstraints,
  before: SimulationCheck[],
): Authorisation {
  // Of a recorded enrolment only the names are kept: its key and usages were judged when it came in.
  const verdict = csr === null ? matchNames(request, constraints) : matchRequest({ csr, messageType }, constraints)
  const check = verdict.matches
    ? passes('names', 'The names are those that are expected.')
    : fails('names', verdict.reason, verdict.detail)
  return { checks: [...before, check], constraints }
}

/** The challenge of a recorded enrolment is known by its row; its value is nowhere. */
function recorded({ endpoint, subject, mayTry }: Simulated): Authorisation {
  const { record } = subject
  const challenge = record?.challenge ?? null
  if (record === null || challenge === null) return only(NO_CHALLENGE_KNOWN)
  if (!mayTry) return named(subject, challenge.constraints, [NOT_SHOWN])
  if (record.endpoint.slug !== endpoint.slug) return refusedFor('challenge_other_endpoint')
  if (record.state !== 'issued') return standing(subject, challenge)
  const says = 'This very enrolment used the challenge: sent again, it gets the same certificate.'
  return named(subject, challenge.constraints, [passes('authorisation', says)])
}

function standing(
  subject: SimulatedSubject,
  { state, constraints }: Pick<KnownChallenge, 'state' | 'constraints'>,
): Authorisation {
  const reason = SPENT[state]
  if (reason !== undefined) return { ...refusedFor(reason), constraints }
  if (state === 'pending')
    return named(subject, constraints, [passes('authorisation', 'The challenge is waiting to be used here.')])
  const says = 'Another request holds the challenge at this moment, and may use it up or give it back.'
  return named(subject, constraints, [{ check: 'authorisation', verdict: 'not_checked', says }])
}

const SPENT: Partial<Record<ChallengeState, EnrolmentReason>> = {
  consumed: 'challenge_replayed',
  expired: 'challenge_expired',
  revoked: 'challenge_revoked',
}

/** What the very same request met before with this challenge, which it would meet again. */
function outcomeBefore(before: PresentedChallenge, csr: Csr): SimulationCheck | null {
  const { state, certificate, reservedCsrSha256, mismatched } = before
  if (state === 'pending' && mismatched !== null) return fails('names', mismatched.reason, mismatched.detail)
  const same = reservedCsrSha256 !== null && Buffer.from(reservedCsrSha256).equals(sha256(csr.der))
  if (state !== 'consumed' || !same || certificate === null || certificate.revokedAt !== null) return null
  return passes('authorisation', 'This very request used the challenge: within a day it gets the same certificate.')
}

function after(before: SimulationCheck[], authorisation: Authorisation): Authorisation {
  return { ...authorisation, checks: [...before, ...authorisation.checks] }
}

const TOKEN_CHECKS: Record<TokenPart, [check: SimulationCheck['check'], says: string]> = {
  form: ['tokenForm', 'It opens with a key of this endpoint and holds a signed token.'],
  issuer: ['tokenIssuer', 'Its issuer is a registered minter.'],
  signature: ['tokenSignature', 'A key of the minter signed it, and its claims have the right shape.'],
  limits: ['tokenLimits', 'Its names and rules are within the limits of the minter.'],
  lifetime: ['tokenLifetime', 'It is within its time, and lives no longer than the minter may give.'],
  minter: ['tokenMinter', 'The minter is switched on and may mint for this endpoint.'],
  audience: ['tokenAudience', 'It is meant for this endpoint.'],
  hour: ['tokenHour', 'The minter has challenges left in this hour.'],
  jti: ['tokenJti', 'Its jti was never used for another token.'],
}

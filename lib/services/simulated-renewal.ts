/** What would happen to a request that a certificate of ours signs: every check of a renewal, and who decides if one fails. */
import { Refusal } from '@/lib/errors'
import { sha256 } from './certificate-intent'
import { keyOf } from './certificate-requests'
import type { ChallengeConstraints } from './challenges'
import { grantHandle } from './enrolment-authorisation'
import { type EnrolmentReason, EnrolmentRefusal, isEnrolmentReason } from './enrolment-refusals'
import type { RenewalStore } from './renewal'
import {
  type FailedCheck,
  type HeldCertificate,
  RENEWAL_REQ,
  type RenewalCheck,
  renewableFrom,
  renewalChecks,
  renewedNames,
} from './renewal-checks'
import { carriesNoChallenge, type FallbackDependencies, isFinal, refusedBy } from './renewal-fallback'
import { type Authorisation, fails, NOT_SHOWN, only, passes, presentedIn } from './simulation-checks'
import { textFact } from './simulation-record'
import type { Simulated, SimulatedSubject, SimulationCheck, SimulationRequest } from './simulation-types'
import type { TransactionRecord } from './transactions'

export interface RenewalSimulationDependencies extends FallbackDependencies {
  store: Pick<RenewalStore, 'find' | 'obstacle' | 'spentByLine'>
  /** What a validator has to say in renewals. */
  ask(simulated: Simulated): Promise<Authorisation | null>
  clock(): Date
}

/** Of a request that was never sent. */
const NOBODY = new Uint8Array(32)

export function createRenewalSimulation(dependencies: RenewalSimulationDependencies) {
  const { store, ask, clock } = dependencies
  return { signer, judge }

  /** The certificate that signs, if one of the group is named or was recorded. */
  async function signer(
    endpointId: string,
    { signedBy }: SimulationRequest,
    record: TransactionRecord | null,
  ): Promise<HeldCertificate | 'unknown' | null> {
    const asked = signedBy?.trim() || (record === null ? '' : textFact(record, 'renewal.signer', 'serial'))
    if (asked === '') return null
    const key = keyOf(asked)
    const sentence = 'Give the serial number of a certificate, in hexadecimal.'
    if (!('serial' in key) || !/^[0-9A-F]{1,40}$/.test(key.serial))
      throw new Refusal('invalid_input', sentence, { reason: 'invalid_signedBy', fields: { signedBy: sentence } })
    const [held] = await store.find(endpointId, key.serial)
    return held ?? 'unknown'
  }

  async function judge(
    simulated: Simulated,
    held: HeldCertificate | 'unknown' | null,
    policy: () => Promise<Authorisation>,
  ): Promise<Authorisation> {
    const { endpoint, subject } = simulated
    const isRenewal = subject.messageType === RENEWAL_REQ
    if (isRenewal && !endpoint.renewal) return only(fails('renewalOffered', 'renewal_off'))
    if (held === null && !isRenewal) return policy()
    if (held === null || held === 'unknown') return only(fails('signingCertificate', unknownSigner(subject)))
    const { checks, problem } = await checked(simulated, held)
    const before = [passes('signingCertificate', `It is signed by the certificate ${held.serial} (${held.subject}).`)]
    const names = { constraints: namesOf(held), notes: [] }
    if (problem === null && endpoint.renewalChallenge !== 'required')
      return after([...before, ...checks], (await ask(simulated)) ?? ITSELF, names)
    if (problem === null) {
      const says = 'The endpoint wants a challenge in renewals too.'
      return after([...before, ...checks, passes('renewalChallenge', says)], await policy(), names)
    }
    if (isFinal(subject.messageType, problem)) return { ...names, checks: [...before, ...checks] }
    const challenge = await challengeIn(simulated, held)
    if (challenge === 'not shown') return { ...names, checks: [...before, ...setAside(checks), NOT_SHOWN] }
    if (challenge === 'none') return { ...names, checks: [...before, ...checks] }
    const says = 'It cannot renew, but it is no RenewalReq: the policy of the endpoint decides after all.'
    return after([...before, ...setAside(checks), passes('renewalChallenge', says)], await policy(), {})
  }

  /** All of them, though for a device the first that fails ends it. */
  async function checked(
    { endpoint, subject }: Simulated,
    held: HeldCertificate,
  ): Promise<{ checks: SimulationCheck[]; problem: FailedCheck | null }> {
    const { messageType, request } = subject
    let problem: FailedCheck | null = null
    const checks = renewalChecks(held, { messageType, endpoint, csr: request }, clock()).map(([name, look]) => {
      const failed = look()
      problem ??= failed
      const [check, says] = CHECKS[name]
      const window = `The window opened ${renewableFrom(held, endpoint.renewalWindowDays).toISOString()}.`
      return failed === null
        ? passes(check, name === 'window' ? window : says)
        : fails(check, failed.reason, failed.detail)
    })
    const obstacle = await store.obstacle(identityOf(subject), held)
    if (obstacle?.outcome === 'busy') {
      const says = 'Another request is renewing the certificate at this moment.'
      return { checks: [...checks, { check: 'renewalDevice', verdict: 'not_checked', says }], problem }
    }
    // That it is revoked was said already.
    if (obstacle?.outcome === 'revoked') return { checks, problem }
    if (obstacle === null) {
      const says = 'It is the newest of its line, and nothing takes the trust from its device.'
      return { checks: [...checks, passes('renewalDevice', says)], problem }
    }
    if (obstacle.outcome === 'renewed' && isSame(obstacle.successor.csrSha256, identityOf(subject).csrSha256)) {
      const says = 'This very request renewed it: sent again, it gets the same certificate.'
      return { checks: [...checks, passes('renewalDevice', says)], problem }
    }
    const refused = refusedBy(obstacle, held)
    return {
      checks: [...checks, fails('renewalDevice', refused.reason, refused.detail)],
      problem: problem ?? refused,
    }
  }

  /** Whether the request carries one that its line was not issued for. */
  async function challengeIn(simulated: Simulated, held: HeldCertificate): Promise<'none' | 'some' | 'not shown'> {
    const value = presentedIn(simulated)
    if (value instanceof EnrolmentRefusal && value.reason !== 'challenge_missing') return 'some'
    if (value === null) return simulated.subject.record?.challenge ? 'some' : 'none'
    const csr = { challengePasswords: typeof value === 'string' ? [value] : [] }
    if (csr.challengePasswords.length > 0) {
      if (!simulated.mayTry) return 'not shown'
      await simulated.count()
    }
    const none = await carriesNoChallenge(dependencies, held, { csr, endpoint: simulated.endpoint })
    return none ? 'none' : 'some'
  }
}

const ITSELF: Authorisation = {
  checks: [passes('authorisation', 'The certificate authorises its successor: no challenge is needed.')],
  constraints: null,
}

const CHECKS: Record<RenewalCheck, [check: SimulationCheck['check'], says: string]> = {
  leaf: ['renewalLeaf', 'It is a certificate of a device.'],
  notRevoked: ['renewalNotRevoked', 'It is not revoked.'],
  issuer: ['renewalIssuer', 'Its issuer is not revoked.'],
  offered: ['renewalOffered', 'The endpoint takes this kind of message for a renewal.'],
  endpoint: ['renewalEndpoint', 'It was issued by this endpoint.'],
  valid: ['renewalValid', 'It is valid now.'],
  subject: ['renewalSubject', 'The request names the same subject.'],
  names: ['renewalNames', 'The request asks for no other alternative names.'],
  window: ['renewalWindow', 'Its renewal window is open.'],
}

/** What the names of the request are held against: all of its alternative names, of which fewer may be asked for. */
function namesOf(held: HeldCertificate): ChallengeConstraints {
  return renewedNames(held, { san: [] })
}

/** A forged one cannot be told from an unknown one afterwards, but for what the device was refused for. */
function unknownSigner({ record }: SimulatedSubject): EnrolmentReason {
  const reason = record?.reason ?? ''
  return isEnrolmentReason(reason) && reason.startsWith('renewal_signer_') ? reason : 'renewal_signer_unknown'
}

function identityOf({ csr, record }: SimulatedSubject): { handleHash: Uint8Array; csrSha256: Uint8Array } {
  return {
    handleHash: record === null ? NOBODY : grantHandle(record.id),
    csrSha256: csr === null ? (record?.csrSha256 ?? NOBODY) : sha256(csr.der),
  }
}

function isSame(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && Buffer.from(a).equals(b)
}

function setAside(checks: SimulationCheck[]): SimulationCheck[] {
  return checks.map((check) => (check.verdict === 'fails' ? { ...check, verdict: 'set_aside' } : check))
}

function after(before: SimulationCheck[], decided: Authorisation, names: Partial<Authorisation>): Authorisation {
  const { checks, ...rest } = decided
  const bound = rest.names !== undefined || rest.constraints !== null
  return { ...rest, ...(bound ? {} : names), checks: [...before, ...checks] }
}

/**
 * What would happen: the verdict of an endpoint about a request, without any effect. The same rules decide as for a
 * device; nothing is reserved, counted against the device, written or sent, unless somebody asks to ask a validator.
 */
import { Refusal } from '@/lib/errors'
import { type Csr, parseCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { ipText, parseIp } from '@/lib/pki/ip'
import type { Actor } from './actor'
import type { ApprovalStore } from './approval-types'
import { checkedConstraints } from './challenge-constraints'
import { checkPolicy, type MatchRules } from './challenge-match'
import { compareFields } from './field-comparison'
import type { Passwords } from './passwords'
import { authorise, authoriseInGroups, canInGroups, inGroups, reachOf } from './permissions'
import { recordedRequest } from './recorded-request'
import type { RenewalStore } from './renewal'
import { type HeldCertificate, RENEWAL_REQ } from './renewal-checks'
import { isIntunes, type ScepEndpoint } from './scep-endpoints'
import type { SignedInspection } from './signed-inspection'
import type { Signer } from './signer'
import { type ApprovalLookup, createApprovalSimulation } from './simulated-approval'
import { type ChallengeLookup, createChallengeSimulation, named } from './simulated-challenge'
import { createDelegationSimulation } from './simulated-delegation'
import { messageChecks, possessionCheck } from './simulated-message'
import { createRenewalSimulation } from './simulated-renewal'
import { createStaticSimulation } from './simulated-static'
import { type Authorisation, concluded, fails, passes } from './simulation-checks'
import { lastFact } from './simulation-record'
import type {
  Simulated,
  SimulatedChanges,
  SimulatedSubject,
  SimulationCheck,
  SimulationRequest,
  SimulationService,
} from './simulation-types'
import type { StaticSecretStore } from './static-secrets'
import type { TransactionRecord, TransactionsService } from './transactions'
import type { ValidatorCalls, ValidatorCircuitStore } from './validators'

export interface SimulationStore extends ChallengeLookup, ApprovalLookup {
  endpoint(slug: string): Promise<ScepEndpoint | null>
}

export interface SimulationDependencies {
  store: SimulationStore
  secrets: Pick<StaticSecretStore, 'find' | 'list' | 'standing'>
  approvals: Pick<ApprovalStore, 'get' | 'history'>
  renewals: Pick<RenewalStore, 'find' | 'obstacle' | 'spentByLine'>
  validators: Pick<ValidatorCircuitStore, 'validator'>
  /** Calls that leave no trace on the validator's row. */
  calls: Pick<ValidatorCalls, 'ask'>
  signer: Pick<Signer, 'mac' | 'challengeHandles' | 'openSealedChallenge'>
  signed: SignedInspection
  passwords: Pick<Passwords, 'verify'>
  transactions: Pick<TransactionsService, 'record'>
  /** AccessService.limit. */
  limit(key: string, count: number, seconds: number): Promise<void>
  clock(): Date
}

/** Per person. A challenge may be tried as often as a device may be wrong: this is no place to guess at. */
const LIMITS = {
  simulations: { count: 120, seconds: 600 },
  challenges: { count: 20, seconds: 600 },
  questions: { count: 10, seconds: 600 },
}
const MOST_CSR_CHARACTERS = 100_000
/** RFC 8894 §3.2.1.2. */
const PKCS_REQ = 19

export function createSimulation(dependencies: SimulationDependencies): SimulationService {
  const { store, signer, renewals, transactions, limit, clock } = dependencies
  const delegated = createDelegationSimulation(dependencies)
  const policies = {
    dynamic: createChallengeSimulation(dependencies),
    static: createStaticSimulation({ ...dependencies, store: dependencies.secrets }),
    approval: createApprovalSimulation(dependencies),
    delegated: delegated.judge,
  }
  const renewal = createRenewalSimulation({ store: renewals, signer, ask: delegated.renewal, clock })

  return {
    async simulate(actor, slug, request) {
      authoriseInGroups(actor, 'simulation:run')
      await limit(`simulate:${actor.id}`, LIMITS.simulations.count, LIMITS.simulations.seconds)
      if (request.askValidator) authorise(actor, 'simulation:ask')
      const present = await store.endpoint(slug)
      if (present === null || !inGroups(actor, present.groupSlug))
        throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
      const rules: MatchRules = {
        ...present.profile,
        usageOutsideProfile: 'drop',
        securityIdentifier: isIntunes(present) ? 'compared' : 'refuse',
        ...rulesOf(request.changes),
      }
      const endpoint = { ...present, ...settingsOf(request.changes), profile: rules }
      const { subject, held } = await subjectOf(actor, endpoint, request)
      const policy = checkPolicy(subject.request, rules)
      const simulated: Simulated = {
        endpoint,
        subject,
        asked: request,
        dropped: policy.allowed ? policy.dropped : null,
        mayTry: canInGroups(actor, 'simulation:challenge'),
        reach: reachOf(actor),
        count: () => limit(`simulate:challenge:${actor.id}`, LIMITS.challenges.count, LIMITS.challenges.seconds),
        permitAsking: () => limit(`simulate:ask:${actor.id}`, LIMITS.questions.count, LIMITS.questions.seconds),
      }
      const { constraints, names, notes, question, ...authorisation } = await authorisationOf(simulated, held)
      const checks: SimulationCheck[] = [
        endpoint.enabled
          ? passes('endpoint', 'The endpoint is switched on.')
          : { check: 'endpoint', verdict: 'fails', says: 'The endpoint is switched off: a device hears HTTP 404.' },
        ...messageChecks(subject.record, endpoint),
        possessionCheck(subject.csr),
        policy.allowed
          ? passes('profile', 'The request stays within the profile.')
          : fails('profile', policy.reason, policy.detail),
        ...authorisation.checks,
      ]
      const fields = compareFields(subject.request, constraints, rules)
      return {
        endpoint: slug,
        ...concluded(checks),
        checks,
        fields: names === undefined ? fields : [...names, ...fields.filter(({ field }) => !NAMES.has(field))],
        dropped: simulated.dropped ?? [],
        notes: notes ?? [],
        question: question ?? null,
      }
    },
  }

  async function authorisationOf(
    simulated: Simulated,
    held: HeldCertificate | 'unknown' | null,
  ): Promise<Authorisation> {
    const { asked, endpoint, subject } = simulated
    const { expected } = asked
    if (expected !== undefined && (expected.subject !== '' || (expected.san ?? []).length > 0))
      return named(subject, checkedConstraints(expected.subject, expected.san ?? []), [])
    return renewal.judge(simulated, held, () => policies[endpoint.policy](simulated))
  }

  async function subjectOf(
    actor: Actor,
    endpoint: ScepEndpoint,
    asked: SimulationRequest,
  ): Promise<{ subject: SimulatedSubject; held: HeldCertificate | 'unknown' | null }> {
    const { csr, record, request } = await requestOf(actor, asked)
    const held = await renewal.signer(endpoint.id, asked, record)
    const subject: SimulatedSubject = {
      csr,
      record,
      request,
      messageType: messageTypeOf(asked, record, held !== null),
      ip: addressOf(asked) ?? record?.sourceIp ?? null,
      signerDer: held === null || held === 'unknown' ? null : held.der,
      signedBy: held === null || held === 'unknown' ? null : { id: held.id, serial: held.serial },
    }
    return { subject, held }
  }

  async function requestOf(
    actor: Actor,
    { csr, transaction }: SimulationRequest,
  ): Promise<Pick<SimulatedSubject, 'request' | 'csr' | 'record'>> {
    if (transaction !== undefined && transaction !== '') {
      const record = await transactions.record(actor, transaction)
      const request = recordedRequest(lastFact(record, 'csr.read', 'request'))
      if (request === null)
        refuse('transaction', 'The recorder kept no request of this enrolment that could be judged.')
      return { request, csr: null, record }
    }
    if (csr === undefined || csr.trim() === '')
      refuse('csr', 'Paste a certificate request, or name a recorded enrolment.')
    const parsed = parsedCsr(csr)
    return { request: parsed, csr: parsed, record: null }
  }
}

const NAMES: ReadonlySet<string> = new Set(['subject', 'san'])

function messageTypeOf(
  { messageType }: SimulationRequest,
  record: TransactionRecord | null,
  isSigned: boolean,
): number {
  if (messageType !== undefined) return messageType === 'RenewalReq' ? RENEWAL_REQ : PKCS_REQ
  return record?.messageType ?? (isSigned ? RENEWAL_REQ : PKCS_REQ)
}

function addressOf({ address }: SimulationRequest): string | null {
  if (address === undefined || address.trim() === '') return null
  try {
    return ipText(parseIp(address.trim()))
  } catch (error) {
    if (error instanceof DerError || error instanceof TypeError)
      return refuse('address', 'Give one address, such as 10.20.0.7 or 2001:db8::7.')
    throw error
  }
}

function settingsOf(changes: SimulatedChanges = {}): Partial<ScepEndpoint> {
  const { minRsaBits: _, ellipticCurves: __, extendedKeyUsage: ___, usageOutsideProfile: ____, ...settings } = changes
  return settings
}

function rulesOf(changes: SimulatedChanges = {}): Partial<MatchRules> {
  const { minRsaBits, ellipticCurves, extendedKeyUsage, usageOutsideProfile } = changes
  return {
    ...(minRsaBits === undefined ? {} : { minRsaBits }),
    ...(ellipticCurves === undefined ? {} : { ellipticCurves }),
    ...(extendedKeyUsage === undefined ? {} : { extendedKeyUsage }),
    ...(usageOutsideProfile === undefined ? {} : { usageOutsideProfile }),
  }
}

function parsedCsr(text: string): Csr {
  if (text.length > MOST_CSR_CHARACTERS) refuse('csr', 'This is too long for a certificate request.')
  const base64 = text.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    refuse('csr', 'Paste the request as PEM: it begins with BEGIN CERTIFICATE REQUEST.')
  try {
    return parseCsr(new Uint8Array(Buffer.from(base64, 'base64')))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    return refuse('csr', `The request cannot be read: ${error.message}.`)
  }
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

/**
 * What would happen: the verdict of an endpoint about a request, without any effect. The same pure rules decide as for a
 * device; nothing is reserved, counted against the device, written or sent.
 */
import { Refusal } from '@/lib/errors'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import type { Actor } from './actor'
import { checkedConstraints } from './challenge-constraints'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import { checkPolicy, type MatchRules, matchNames } from './challenge-match'
import type { RedemptionStore } from './challenge-presentation'
import { matchRequest } from './challenge-request-match'
import type { ChallengeConstraints, ChallengeState, SubjectAlternativeName } from './challenges'
import type { EndpointPolicy, EndpointSettings } from './endpoint-settings'
import { causeOf, type EnrolmentReason, explanationOf } from './enrolment-refusals'
import { compareFields, type FieldComparison } from './field-comparison'
import { authorise, can } from './permissions'
import { type JudgedRequest, recordedRequest } from './recorded-request'
import type { ScepEndpoint } from './scep-endpoints'
import type { Signer } from './signer'
import type { TransactionRecord, TransactionsService } from './transactions'

/** Settings that may be tried out; what is left out stays as the endpoint has it. */
export interface SimulatedChanges
  extends Partial<Pick<EndpointSettings, 'allowSha1' | 'allow3des' | 'allowDes' | 'signerKeyPolicy'>>,
    Partial<MatchRules> {
  policy?: EndpointPolicy
}

export interface SimulationRequest {
  /** PEM or base64. Either this or a recorded enrolment. */
  csr?: string
  /** Id of a recorded enrolment. */
  transaction?: string
  /** Instead of the one inside the request. */
  challenge?: string
  /** Names to compare with, as if a challenge were bound to them. */
  expected?: { subject: string; san?: SubjectAlternativeName[] }
  changes?: SimulatedChanges
}

export interface SimulationCheck {
  check: 'endpoint' | 'algorithms' | 'possession' | 'signerKey' | 'profile' | 'authorisation' | 'names'
  verdict: 'passes' | 'fails' | 'asks' | 'not_checked'
  says: string
}

export interface SimulationReport {
  endpoint: string
  verdict: 'would_issue' | 'would_refuse' | 'would_ask' | 'undecided'
  summary: string
  reason: string | null
  nextStep: string | null
  checks: SimulationCheck[]
  fields: FieldComparison[]
  /** What the certificate would not carry. */
  dropped: string[]
}

export interface SimulationService {
  /** Refusals: not_found (endpoint, enrolment), invalid_input, rate_limited. */
  simulate(actor: Actor, endpoint: string, request: SimulationRequest): Promise<SimulationReport>
}

export interface SimulationStore extends Pick<RedemptionStore, 'lookupAny' | 'otherEndpoints'> {
  endpoint(slug: string): Promise<ScepEndpoint | null>
  /** By the hash of its value; looking changes nothing. */
  challenge(handleHashes: Uint8Array[]): Promise<{ state: ChallengeState; constraints: ChallengeConstraints } | null>
}

export interface SimulationDependencies {
  store: SimulationStore
  signer: Pick<Signer, 'challengeHandles'>
  transactions: Pick<TransactionsService, 'record'>
  /** AccessService.limit. */
  limit(key: string, count: number, seconds: number): Promise<void>
}

/** Per person. A challenge may be tried as often as a device may be wrong: this is no place to guess at. */
const LIMITS = { simulations: { count: 120, seconds: 600 }, challenges: { count: 20, seconds: 600 } }
const MOST_OTHER_ENDPOINTS = 20
const MOST_CSR_CHARACTERS = 100_000

export function createSimulation({ store, signer, transactions, limit }: SimulationDependencies): SimulationService {
  return {
    async simulate(actor, slug, request) {
      authorise(actor, 'simulation:run')
      await limit(`simulate:${actor.id}`, LIMITS.simulations.count, LIMITS.simulations.seconds)
      const endpoint = await store.endpoint(slug)
      if (endpoint === null)
        throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
      const subject = await subjectOf(actor, request)
      const settings = { ...endpoint, ...request.changes }
      const rules: MatchRules = { ...endpoint.profile, usageOutsideProfile: 'drop', ...rulesOf(request.changes) }
      const policy = checkPolicy(subject.request, rules)
      const authorisation = await authorisationOf(actor, endpoint, settings.policy, subject, request)
      const checks: SimulationCheck[] = [
        endpoint.enabled
          ? { check: 'endpoint', verdict: 'passes', says: 'The endpoint is switched on.' }
          : { check: 'endpoint', verdict: 'fails', says: 'The endpoint is switched off: a device hears HTTP 404.' },
        ...messageChecks(subject.record, settings),
        possessionCheck(subject),
        policy.allowed
          ? { check: 'profile', verdict: 'passes', says: 'The request stays within the profile.' }
          : { check: 'profile', verdict: 'fails', says: sayReason(policy.reason, policy.detail) },
        ...authorisation.checks,
      ]
      return {
        endpoint: slug,
        ...concluded(checks, policy.allowed ? authorisation.reason : policy.reason),
        checks,
        fields: compareFields(subject.request, authorisation.constraints, rules),
        dropped: policy.allowed ? policy.dropped : [],
      }
    },
  }

  async function subjectOf(actor: Actor, { csr, transaction }: SimulationRequest): Promise<Subject> {
    if (transaction !== undefined && transaction !== '') {
      const record = await transactions.record(actor, transaction)
      const read = record.records.flatMap(({ steps }) => steps).findLast(({ step }) => step === 'csr.read')
      const request = recordedRequest(read?.facts.request)
      if (request === null)
        refuse('transaction', 'The recorder kept no request of this enrolment that could be judged.')
      return { request, csr: null, record }
    }
    if (csr === undefined || csr.trim() === '')
      refuse('csr', 'Paste a certificate request, or name a recorded enrolment.')
    const parsed = parsedCsr(csr)
    return { request: parsed, csr: parsed, record: null }
  }

  async function authorisationOf(
    actor: Actor,
    endpoint: ScepEndpoint,
    policy: EndpointPolicy,
    subject: Subject,
    { challenge, expected }: SimulationRequest,
  ): Promise<Authorisation> {
    if (expected !== undefined && (expected.subject !== '' || (expected.san ?? []).length > 0)) {
      return named(subject, checkedConstraints(expected.subject, expected.san ?? []), [])
    }
    if (policy !== 'dynamic') return { constraints: null, reason: null, checks: [ELSEWHERE[policy]] }
    const value = challenge?.trim() || subject.csr?.challengePasswords[0]
    const may = can(actor, 'simulation:challenge')
    if (value === undefined) return recorded(subject, may)
    if (!may) return { constraints: null, reason: null, checks: [NOT_SHOWN] }
    await limit(`simulate:challenge:${actor.id}`, LIMITS.challenges.count, LIMITS.challenges.seconds)
    if (challenge === undefined && (subject.csr?.challengePasswords.length ?? 0) > 1)
      return refusedFor('challenge_repeated')
    const known = await store.challenge(await handleHashes(signer, endpoint.id, presentedForm(value).value))
    if (known === null) return refusedFor(await elsewhere(endpoint.id, value))
    return judged(subject, known)
  }

  async function elsewhere(endpointId: string, value: string): Promise<EnrolmentReason> {
    const others = await store.otherEndpoints(endpointId, MOST_OTHER_ENDPOINTS)
    const found = await store.lookupAny(
      (await Promise.all(others.map((other) => handleHashes(signer, other, presentedForm(value).value)))).flat(),
    )
    return found === null ? 'challenge_unknown' : 'challenge_other_endpoint'
  }
}

/** RFC 8894 §3.2.1.2. */
const PKCS_REQ = 19

interface Subject {
  request: JudgedRequest
  csr: Csr | null
  record: TransactionRecord | null
}

interface Authorisation {
  constraints: ChallengeConstraints | null
  reason: EnrolmentReason | null
  checks: SimulationCheck[]
}

/** The challenge of a recorded enrolment is known by its row; its value is nowhere. */
function recorded(subject: Subject, may: boolean): Authorisation {
  const { record } = subject
  if (record === null) return refusedFor('challenge_missing')
  const { challenge, state } = record
  if (challenge === null) return { constraints: null, reason: null, checks: [NO_CHALLENGE_KNOWN] }
  if (!may) return named(subject, challenge.constraints, [NOT_SHOWN])
  if (state !== 'issued') return judged(subject, challenge)
  const says = 'This very enrolment used the challenge: sent again, it gets the same certificate.'
  return named(subject, challenge.constraints, [{ check: 'authorisation', verdict: 'passes', says }])
}

function judged(
  subject: Subject,
  { state, constraints }: { state: ChallengeState; constraints: ChallengeConstraints },
): Authorisation {
  const reason = SPENT[state]
  if (reason !== undefined) return { ...refusedFor(reason), constraints }
  return named(subject, constraints, [
    { check: 'authorisation', verdict: 'passes', says: 'The challenge is waiting to be used here.' },
  ])
}

const SPENT: Partial<Record<ChallengeState, EnrolmentReason>> = {
  consumed: 'challenge_replayed',
  expired: 'challenge_expired',
  revoked: 'challenge_revoked',
}

function named({ request, csr }: Subject, constraints: ChallengeConstraints, before: SimulationCheck[]): Authorisation {
  // Of a recorded enrolment only the names are kept: its key and usages were judged when it came in.
  const verdict =
    csr === null ? matchNames(request, constraints) : matchRequest({ csr, messageType: PKCS_REQ }, constraints)
  const check: SimulationCheck = verdict.matches
    ? { check: 'names', verdict: 'passes', says: 'The names are those that are expected.' }
    : { check: 'names', verdict: 'fails', says: sayReason(verdict.reason, verdict.detail) }
  return { constraints, reason: verdict.matches ? null : verdict.reason, checks: [...before, check] }
}

function refusedFor(reason: EnrolmentReason): Authorisation {
  return {
    constraints: null,
    reason,
    checks: [{ check: 'authorisation', verdict: 'fails', says: causeOf(explanationOf(reason) ?? reason).cause }],
  }
}

const ELSEWHERE: Record<Exclude<EndpointPolicy, 'dynamic'>, SimulationCheck> = {
  static: {
    check: 'authorisation',
    verdict: 'asks',
    says: 'The challenge would be compared with the static secrets of the endpoint.',
  },
  approval: {
    check: 'authorisation',
    verdict: 'asks',
    says: 'The request would wait until people approve or deny it.',
  },
  delegated: { check: 'authorisation', verdict: 'asks', says: 'The validator of the endpoint would be asked.' },
}
const NOT_SHOWN: SimulationCheck = {
  check: 'authorisation',
  verdict: 'not_checked',
  says: 'Your role is not shown what a challenge would do.',
}
const NO_CHALLENGE_KNOWN: SimulationCheck = {
  check: 'authorisation',
  verdict: 'not_checked',
  says: 'No challenge of this enrolment is known. Give one, or the names to compare with.',
}

/** What only a recorded message can show: its algorithms, and whose key signed it. */
function messageChecks(
  record: TransactionRecord | null,
  settings: Pick<EndpointSettings, 'allowSha1' | 'allow3des' | 'allowDes' | 'signerKeyPolicy'>,
): SimulationCheck[] {
  if (record === null) return []
  const fact = (step: string, name: string) =>
    record.records.flatMap(({ steps }) => steps).findLast((each) => each.step === step)?.facts[name]
  const digest = fact('message.verified', 'digest')
  const cipher = fact('envelope.read', 'cipher')
  const weak = [
    ...(digest === 'sha1' && !settings.allowSha1 ? ['signed with SHA-1'] : []),
    ...(cipher === '3des' && !settings.allow3des ? ['encrypted with 3DES'] : []),
    ...(cipher === 'des' && !settings.allowDes ? ['encrypted with single DES'] : []),
  ]
  const algorithms: SimulationCheck =
    weak.length > 0
      ? { check: 'algorithms', verdict: 'fails', says: `The message is ${weak.join(' and ')}, which is switched off.` }
      : { check: 'algorithms', verdict: 'passes', says: 'The algorithms of the message are allowed.' }
  if (fact('csr.read', 'signerKey') !== 'other' || settings.signerKeyPolicy !== 'must_match_csr') return [algorithms]
  const says = 'The message is signed by another key than the requested one, which the setting does not allow.'
  return [algorithms, { check: 'signerKey', verdict: 'fails', says }]
}

function possessionCheck({ csr }: Subject): SimulationCheck {
  if (csr === null)
    return { check: 'possession', verdict: 'not_checked', says: 'The signature of a recorded request is not kept.' }
  return isProven(csr)
    ? { check: 'possession', verdict: 'passes', says: 'The request is signed by the key it names.' }
    : { check: 'possession', verdict: 'fails', says: causeOf(explanationOf('csr_signature_invalid') ?? '').cause }
}

function concluded(
  checks: SimulationCheck[],
  reason: EnrolmentReason | null,
): Pick<SimulationReport, 'verdict' | 'summary' | 'reason' | 'nextStep'> {
  const first = (verdict: SimulationCheck['verdict']) => checks.find((check) => check.verdict === verdict)
  const failed = first('fails')
  if (failed !== undefined) {
    const decides = failed.check === 'possession' ? 'csr_signature_invalid' : OF_CAUSE.has(failed.check) ? reason : null
    const words = decides === null ? null : causeOf(explanationOf(decides) ?? decides)
    return {
      verdict: 'would_refuse',
      summary: `It would be refused. ${words?.cause ?? failed.says}`,
      reason: decides,
      nextStep: words?.nextStep ?? null,
    }
  }
  const rest = { reason: null, nextStep: null }
  const asks = first('asks')
  if (asks !== undefined) return { verdict: 'would_ask', summary: asks.says, ...rest }
  if (checks.some(({ check, verdict }) => check === 'authorisation' && verdict === 'not_checked'))
    return {
      verdict: 'undecided',
      summary: 'Nothing speaks against it, but who authorises it was not checked.',
      ...rest,
    }
  return { verdict: 'would_issue', summary: 'It would get its certificate.', ...rest }
}

const OF_CAUSE: ReadonlySet<SimulationCheck['check']> = new Set(['profile', 'authorisation', 'names'])

function sayReason(reason: EnrolmentReason, detail: string): string {
  return `${causeOf(explanationOf(reason) ?? reason).cause} ${detail}`
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

function isProven(csr: Csr): boolean {
  try {
    return verifyCsr(csr)
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

/** Somebody else's SCEP server asks about a request and its challenge: the same rules as for a request of our own. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { nameToText } from '@/lib/pki/name'
import { fromPem } from '@/lib/pki/pem'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { fingerprint, sha256 } from './certificate-intent'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import { checkPolicy } from './challenge-match'
import { type MismatchReason, type Presentation, refusedRow } from './challenge-presentation'
import { presentedValue } from './challenge-redemption'
import { matchRequest } from './challenge-request-match'
import type { ChallengeConstraints, ChallengeState } from './challenges'
import type { Authoriser } from './enrolment-authorisation'
import { ENROLMENT_CAUSES, type EnrolmentReason, EnrolmentRefusal, isSettled } from './enrolment-refusals'
import { type Attempt, isOver, sameAgain, type TurnStore } from './enrolment-turns'
import { createTrace } from './exchange-trace'
import { authoriseEndpoint, inGroups } from './permissions'
import type { ScepEndpoint } from './scep-endpoints'
import { failedRow } from './scep-refusals'
import type { Signer } from './signer'

export interface ValidationRequest {
  /** Slug. */
  endpoint: string
  csr: Uint8Array
  /** Beside the one in the request, which says the same if there is one. */
  challenge?: string | undefined
  transactionId?: string | undefined
  /** Nothing is reserved, counted or recorded. */
  dryRun?: boolean | undefined
}

export interface ValidationAnswer {
  allow: boolean
  dryRun: boolean
  /** Why not: one of the causes of a refused enrolment, or that another request holds the challenge. */
  reason: EnrolmentReason | 'challenge_busy' | null
  /** For people: the cause, and what to do. */
  explanation: string | null
  challenge: { id: string; subject: string } | null
}

/** Which server asks: its requests are never mistaken for those of devices or of another server. */
export interface Asker {
  kind: 'receiver' | 'api'
  id: string
  name: string
}

/** Member of a challenge's evidence while it is held for another server, and what came of it afterwards. */
export const VALIDATED_FOR = 'validatedFor'
/** webhooks.md §3, 6: a server that never reports may have issued, so the challenge is used up. */
export const HELD_MINUTES = 15
const REPLAY_SECONDS = 86_400

export interface ValidationStore {
  endpoint(slug: string): Promise<ScepEndpoint | null>
  /** A look that changes nothing. */
  peek(handleHashes: Uint8Array[], csrSha256: Uint8Array): Promise<PeekedChallenge | null>
  /** Marks a reservation as held for another server, with the events. False when it is reserved no more. */
  hold(challengeId: string, rowId: string, by: Asker, events: AuditEntry[]): Promise<boolean>
  /**
   * A valid certificate of this subject with all of these names that is in its renewal window, where the endpoint renews
   * and nothing speaks against the device: all that a request without a challenge can show.
   */
  isRenewable(endpointId: string, names: Pick<Csr, 'subjectDer' | 'san'>): Promise<boolean>
  record(events: AuditEntry[]): Promise<void>
}

export interface PeekedChallenge {
  id: string
  subject: string
  endpointId: string
  /** A pending one past its end reads as expired. */
  state: ChallengeState
  constraints: ChallengeConstraints
  mismatched: { reason: MismatchReason; detail: string } | null
}

export interface ChallengeValidation {
  /** For API callers, who send the request as text: PEM, or DER in base64. */
  validate(actor: Actor, request: Omit<ValidationRequest, 'csr'> & { csr: string }): Promise<ValidationAnswer>
  /** For receivers, which have shown who they are by their signature. */
  validateFor(actor: Actor, asker: Asker, request: ValidationRequest): Promise<ValidationAnswer>
  /** For a receiver that may renew by subject. */
  renewFor(actor: Actor, asker: Asker, request: ValidationRequest): Promise<ValidationAnswer>
}

export interface ChallengeValidationDependencies {
  store: ValidationStore
  turns: Pick<TurnStore, 'begin' | 'takeOver' | 'supersede' | 'finish'>
  /** Redeems as for a device, but never waits for a rival: the asking server's patience is short. */
  authoriser: Pick<Authoriser, 'authorise'>
  signer: Pick<Signer, 'challengeHandles'>
  clock(): Date
}

export function createChallengeValidation(dependencies: ChallengeValidationDependencies): ChallengeValidation {
  const { store, turns, authoriser, signer, clock } = dependencies

  return {
    async validate(actor, request) {
      authoriseEndpoint(actor, 'challenge:validate', request.endpoint)
      const asker = { kind: 'api', id: actor.id ?? 'api', name: actor.name } as const
      return validateFor(actor, asker, { ...request, csr: derOf(request.csr) })
    },
    validateFor,
    async renewFor(actor, asker, request) {
      const { endpoint, csr } = await soundly(actor, request)
      if (csr instanceof EnrolmentRefusal) return denied(actor, endpoint, null, csr, request)
      const renewable = await store.isRenewable(endpoint.id, csr)
      if (!renewable)
        return denied(
          actor,
          endpoint,
          csr,
          new EnrolmentRefusal('challenge_missing', 'no challenge, nothing to renew'),
          request,
        )
      await store.record([validatedEvent(actor, endpoint, csr, null, { renewal: true, asker: asker.name })])
      return { allow: true, dryRun: false, reason: null, explanation: null, challenge: null }
    },
  }

  async function validateFor(actor: Actor, asker: Asker, request: ValidationRequest): Promise<ValidationAnswer> {
    const { endpoint, csr } = await soundly(actor, request)
    if (csr instanceof EnrolmentRefusal) return denied(actor, endpoint, null, csr, request)
    const presented = { ...csr, challengePasswords: presentedValues(csr, request.challenge) }
    if (request.dryRun === true) return dryRun(endpoint, presented)
    const attempt = attemptOf(actor, asker, endpoint, presented, request)
    const rowId = await takeRow(attempt)
    if (rowId === null) return busy(null)
    if (rowId instanceof EnrolmentRefusal) return deniedAgain(actor, endpoint, presented, rowId)
    const presentation = presentationOf(actor, endpoint, presented, attempt, rowId, clock)
    try {
      const authorised = await authoriser.authorise(presentation)
      if (authorised.outcome !== 'redeemed') return busy(null)
      const challenge = { id: authorised.challengeId, subject: authorised.subject }
      const event = validatedEvent(actor, endpoint, presented, challenge, { asker: asker.name })
      if (!(await store.hold(challenge.id, rowId, asker, [event]))) return busy(challenge)
      return { allow: true, dryRun: false, reason: null, explanation: null, challenge }
    } catch (error) {
      if (error instanceof EnrolmentRefusal) {
        if (error.recorded) return deniedAgain(actor, endpoint, presented, error)
        return deniedRow(actor, endpoint, presented, error, rowId)
      }
      await turns.finish(rowId, failedRow(error), null, []).catch(() => {})
      throw error
    }
  }

  /** The row of this request, the refusal that it already had, or null while somebody else changes it. */
  async function takeRow(attempt: Attempt): Promise<string | EnrolmentRefusal | null> {
    for (;;) {
      const begun = await turns.begin(attempt)
      if (begun.started) return begun.id
      const { known } = begun
      if (isOver(known, clock(), { replayWindowSeconds: REPLAY_SECONDS })) {
        await turns.supersede(known.id)
        continue
      }
      switch (known.state) {
        case 'received':
          // The same server asks about the same request again: the same reservation is its.
          return known.id
        case 'refused': {
          const refusal = sameAgain(known)
          if (isSettled(refusal.reason)) return refusal
          return (await turns.takeOver(known.id, 0, known.reason ?? undefined)) ? known.id : null
        }
        case 'failed':
          return (await turns.takeOver(known.id, 0)) ? known.id : null
        case 'issued':
        case 'pending':
          return null
      }
    }
  }

  /** What holds whatever the challenge says: a request that is readable, proven and within the profile. */
  async function soundly(
    actor: Actor,
    request: ValidationRequest,
  ): Promise<{ endpoint: ScepEndpoint; csr: Csr | EnrolmentRefusal }> {
    const endpoint = request.endpoint === '' ? null : await store.endpoint(request.endpoint)
    if (endpoint === null || !inGroups(actor, endpoint.groupSlug))
      throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'unknown_endpoint' })
    return { endpoint, csr: checkedCsr(endpoint, request.csr) }
  }

  async function dryRun(endpoint: ScepEndpoint, csr: Csr): Promise<ValidationAnswer> {
    try {
      const hash = await handleHashes(signer, endpoint.id, presentedForm(presentedValue(csr)).value)
      const peeked = await store.peek(hash, sha256(csr.der))
      const reason = reasonAgainst(endpoint, csr, peeked)
      const challenge = peeked === null ? null : { id: peeked.id, subject: peeked.subject }
      return { ...answerOf(reason), dryRun: true, challenge }
    } catch (error) {
      if (error instanceof EnrolmentRefusal) return { ...answerOf(error.reason), dryRun: true, challenge: null }
      throw error
    }
  }

  async function deniedRow(
    actor: Actor,
    endpoint: ScepEndpoint,
    csr: Csr,
    refusal: EnrolmentRefusal,
    rowId: string,
  ): Promise<ValidationAnswer> {
    const challengeId = refusal.object?.type === 'challenge' ? refusal.object.id : null
    const events = refusalEvents(actor, endpoint, csr, refusal)
    await turns.finish(rowId, refusedRow(refusal.reason, refusal.detail), challengeId, events)
    return { ...answerOf(refusal.reason), dryRun: false, challenge: null }
  }

  /** The row says so already, and what the challenge had to do with it is in the trail. */
  async function deniedAgain(
    actor: Actor,
    endpoint: ScepEndpoint,
    csr: Csr,
    refusal: EnrolmentRefusal,
  ): Promise<ValidationAnswer> {
    await store.record([refusedEvent(actor, endpoint, csr, refusal)])
    return { ...answerOf(refusal.reason), dryRun: false, challenge: null }
  }

  async function denied(
    actor: Actor,
    endpoint: ScepEndpoint,
    csr: Csr | null,
    refusal: EnrolmentRefusal,
    { dryRun: dry = false }: ValidationRequest,
  ): Promise<ValidationAnswer> {
    if (!dry) await store.record(refusalEvents(actor, endpoint, csr, refusal))
    return { ...answerOf(refusal.reason), dryRun: dry, challenge: null }
  }
}

function derOf(text: string): Uint8Array {
  const pem = text.includes('-----BEGIN') ? text : `-----BEGIN REQUEST-----\n${text}\n-----END REQUEST-----`
  try {
    const [der, ...more] = fromPem(pem)
    if (der !== undefined && more.length === 0) return der
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  const sentence = 'Send one certificate request, as PEM or as DER in base64.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_csr', fields: { csr: sentence } })
}

function checkedCsr(endpoint: ScepEndpoint, der: Uint8Array): Csr | EnrolmentRefusal {
  if (!endpoint.enabled) return new EnrolmentRefusal('endpoint_off', 'the endpoint is switched off')
  if (endpoint.policy !== 'dynamic') return new EnrolmentRefusal('policy_not_served', endpoint.policy)
  let csr: Csr
  try {
    csr = parseCsr(der)
  } catch (error) {
    if (error instanceof DerError) return new EnrolmentRefusal('csr_malformed', error.message)
    throw error
  }
  if (!verifyCsr(csr)) return new EnrolmentRefusal('csr_signature_invalid', 'not signed by its key')
  const policy = checkPolicy(csr, endpoint.profile)
  return policy.allowed ? csr : new EnrolmentRefusal(policy.reason, policy.detail)
}

/** One that differs from the request's own is a second one, and two are refused. */
function presentedValues(csr: Csr, challenge: string | undefined): string[] {
  return [...new Set([...csr.challengePasswords, ...(challenge === undefined || challenge === '' ? [] : [challenge])])]
}

function reasonAgainst(endpoint: ScepEndpoint, csr: Csr, peeked: PeekedChallenge | null) {
  if (peeked === null || peeked.endpointId !== endpoint.id) return 'challenge_unknown'
  switch (peeked.state) {
    case 'pending': {
      if (peeked.mismatched !== null) return peeked.mismatched.reason
      const verdict = matchRequest({ csr, messageType: 19 }, peeked.constraints)
      return verdict.matches ? null : verdict.reason
    }
    case 'reserved':
      return 'challenge_busy'
    case 'consumed':
      return 'challenge_replayed'
    case 'expired':
      return 'challenge_expired'
    case 'revoked':
      return 'challenge_revoked'
  }
}

const BUSY = 'Another request holds the challenge and is not finished. Ask again in a moment.'

function answerOf(reason: ValidationAnswer['reason']): Pick<ValidationAnswer, 'allow' | 'reason' | 'explanation'> {
  if (reason === null) return { allow: true, reason, explanation: null }
  return {
    allow: false,
    reason,
    explanation: reason === 'challenge_busy' ? BUSY : ENROLMENT_CAUSES[reason].explanation,
  }
}

function busy(challenge: ValidationAnswer['challenge']): ValidationAnswer {
  return { ...answerOf('challenge_busy'), dryRun: false, challenge }
}

function attemptOf(actor: Actor, asker: Asker, endpoint: ScepEndpoint, csr: Csr, request: ValidationRequest): Attempt {
  const spkiSha256 = sha256(csr.spki)
  return {
    endpointId: endpoint.id,
    transactionId: Buffer.from(request.transactionId ?? Buffer.from(spkiSha256).toString('hex'), 'utf8'),
    messageType: 19,
    csrSha256: csrIdentity(asker, csr.der),
    spkiSha256,
    signerSpkiSha256: spkiSha256,
    subject: subjectOf(csr),
    sourceIp: actor.ip,
    userAgent: actor.userAgent,
    client: null,
    policyVersion: endpoint.policyVersion,
  }
}

/** A request that a device sends to us too has another identity here: neither takes over what is held for the other. */
export function csrIdentity({ kind, id }: Pick<Asker, 'kind' | 'id'>, csr: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`validation\0${kind}\0${id}\0`).update(csr).digest())
}

function presentationOf(
  actor: Actor,
  endpoint: ScepEndpoint,
  csr: Csr,
  attempt: Attempt,
  rowId: string,
  clock: () => Date,
): Presentation {
  return {
    endpoint,
    actor,
    trace: createTrace(clock(), clock),
    messageType: attempt.messageType,
    signerDer: new Uint8Array(),
    transactionRowId: rowId,
    transactionId: Buffer.from(attempt.transactionId).toString('utf8').slice(0, 255),
    csr,
    csrSha256: attempt.csrSha256,
    spkiSha256: attempt.spkiSha256,
    signerSpkiSha256: attempt.signerSpkiSha256,
    signerDiffers: false,
    dropped: [],
  }
}

/** The cause as it is recorded for devices, and that another server asked. */
function refusalEvents(actor: Actor, endpoint: ScepEndpoint, csr: Csr | null, refusal: EnrolmentRefusal): AuditEntry[] {
  const { event } = ENROLMENT_CAUSES[refusal.reason]
  const asked = refusedEvent(actor, endpoint, csr, refusal)
  if (event === 'enrol.request.rejected') return [asked]
  return [{ ...asked, type: event }, asked]
}

function refusedEvent(actor: Actor, endpoint: ScepEndpoint, csr: Csr | null, refusal: EnrolmentRefusal): AuditEntry {
  return {
    type: 'challenge.validated',
    outcome: 'denied',
    reason: refusal.reason,
    actor,
    object: refusal.object ?? { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
    data: { ...place(endpoint, csr), detail: refusal.detail, ...refusal.data },
  }
}

function validatedEvent(
  actor: Actor,
  endpoint: ScepEndpoint,
  csr: Csr,
  challenge: { id: string; subject: string } | null,
  data: { [key: string]: Json },
): AuditEntry {
  return {
    type: 'challenge.validated',
    outcome: 'success',
    actor,
    object:
      challenge === null
        ? { type: 'endpoint', id: endpoint.id, name: endpoint.slug }
        : { type: 'challenge', id: challenge.id, name: challenge.subject },
    data: { ...place(endpoint, csr), ...data },
  }
}

function place(endpoint: ScepEndpoint, csr: Csr | null): { [key: string]: Json } {
  return {
    endpoint: endpoint.slug,
    group: endpoint.groupSlug,
    ...(csr === null ? {} : { subject: subjectOf(csr), csrSha256: fingerprint(sha256(csr.der)) }),
  }
}

function subjectOf(csr: Csr): string {
  return nameToText(csr.subjectDer).slice(0, 1_000)
}

/** The story of one PKIOperation: open, answer a resend as before, redeem, issue, seal. */
import { Refusal } from '@/lib/errors'
import {
  type MessageFacts,
  type PkiMessage,
  parsePkiMessage,
  ScepFault,
  sealFailure,
  sealPending,
  sealSuccess,
} from '@/lib/scep/message'
import type { AuditEntry, Json } from './audit'
import { sha256 } from './certificate-intent'
import { checkPolicy, type PolicyVerdict } from './challenge-match'
import { type Presentation, refusedRow } from './challenge-presentation'
import { createRedemption } from './challenge-redemption'
import type { DeviceCheck } from './device-check'
import type { AtOnce, Authorised, Authoriser, Authorisers } from './enrolment-authorisation'
import { ENROLMENT_CAUSES, EnrolmentRefusal } from './enrolment-refusals'
import { printable } from './enrolment-text'
import { type Attempt, isOver, sameAgain, takeTurn } from './enrolment-turns'
import { messageFacts } from './flight-facts'
import type { Signed } from './intents'
import type { IssuedCertificate } from './issuance'
import { createRenewals, type HeldCertificate } from './renewal'
import { newRowId } from './row-id'
import { answer, refuseHttp } from './scep-answers'
import { attemptOf, cipherOf, madeAhead, presentationOf, withChain } from './scep-attempt'
import { isIntunes } from './scep-endpoints'
import type { ScepEnrolmentDependencies, ScepOptions, ScepResponse } from './scep-enrolment'
import { openRequest } from './scep-envelope'
import {
  type Exchange,
  failureContext,
  isLate,
  type OpenedRequest,
  recogniseClient,
  refusalEvent,
  refusedAgainEvent,
  refuseIfLate,
  replyContext,
  resentEvent,
} from './scep-exchange'
import { createQueries } from './scep-queries'
import { asRefusal, failedRow, hasFloor, isGuess, issuanceRefusal } from './scep-refusals'
import type { ScepThrottle } from './scep-throttle'
import type { SignedChallenges } from './signed-challenges'
import { checkSignerKey } from './signer-key'

export interface PkiOperationDependencies
  extends Required<
    Omit<
      ScepEnrolmentDependencies,
      'limit' | 'options' | 'authorisers' | 'recorder' | 'signed' | 'enrolAtOnce' | 'deviceCheck'
    >
  > {
  authorisers: Authorisers
  signed?: SignedChallenges
  enrolAtOnce?: NonNullable<Authoriser['enrolAtOnce']>
  deviceCheck?: DeviceCheck
  options: ScepOptions
  throttle: ScepThrottle
}

/** RFC 8894 §3.2.1.2, as an allow-list: a type that is not here is refused before anything is decrypted (CVE-2026-30836). */
const MESSAGE_TYPES: ReadonlyMap<number, 'enrol' | 'poll' | 'certificate' | 'crl'> = new Map([
  [17, 'enrol'], // RenewalReq
  [19, 'enrol'], // PKCSReq
  [20, 'poll'], // CertPoll
  [21, 'certificate'], // GetCert
  [22, 'crl'], // GetCRL
])

/** intune.md §5.6: up to four calls before the certificate is signed, and one after it. */
const INTUNE_PATIENCE = { deadlineMilliseconds: 30_000, abandonedAfterSeconds: 50 }

/** Throws Refusal rate_limited or unavailable, which are HTTP answers; everything else about a message is a CertRep. */
export function createPkiOperation(
  dependencies: PkiOperationDependencies,
): (exchange: Exchange, bytes: Uint8Array) => Promise<ScepResponse> {
  const { issuance, signer, clock, log, pause, fine, options, throttle, underWay } = dependencies
  const { store, challenges, audit } = printable(dependencies)
  const redemption = createRedemption({
    store: challenges,
    signer,
    pause,
    clock,
    rules: options,
    ...(dependencies.signed === undefined ? {} : { signed: dependencies.signed }),
  })
  const { enrolAtOnce } = dependencies
  const authorisers: Authorisers = {
    dynamic: { ...redemption, ...(enrolAtOnce === undefined ? {} : { enrolAtOnce }) },
    ...dependencies.authorisers,
  }
  const turns = { store, clock, pause, rules: options }
  const renewals = createRenewals({ store: dependencies.renewals, challenges, signer, clock, pause, rules: options })
  const queries = createQueries({ ...dependencies, renewals })

  return pkiOperation

  /** The decision order of scep.md §3.6. */
  async function pkiOperation(exchange: Exchange, bytes: Uint8Array): Promise<ScepResponse> {
    const begun = fine.now()
    throttle.check('operations', exchange.source)
    // Counted while the message is read and opened. A source beyond its limit is remembered, so that it cannot have
    // more messages opened than it had under way when it got there.
    const admitted = throttle.count('operations', exchange.source)
    admitted.catch(() => {})
    let facts: MessageFacts | null = null
    let opened: OpenedRequest | null = null
    let left = (): void => {}
    try {
      recogniseClient(exchange, null)
      const message = readMessage(exchange, bytes)
      facts = message
      exchange.trace.note('message.verified', messageFacts(message))
      recogniseClient(exchange, message)
      if (message.digest === 'sha1' && !exchange.endpoint.allowSha1)
        throw new EnrolmentRefusal('sha1_not_allowed', 'signed with SHA-1')
      switch (MESSAGE_TYPES.get(message.messageType ?? -1)) {
        case undefined:
          throw new EnrolmentRefusal('message_type_unsupported', `messageType ${message.messageType ?? 'unreadable'}`)
        case 'certificate':
          await admitted
          return answer('application/x-pki-message', await queries.certificate(exchange, message))
        case 'crl':
          await admitted
          return answer('application/x-pki-message', await queries.crl(exchange, message))
        case 'poll':
          await admitted
          return answer('application/x-pki-message', await poll(exchange, message))
        case 'enrol': {
          throttle.check('wrongChallenges', exchange.source, exchange.endpoint.id)
          const held = await renewals.recognise(exchange.endpoint, message)
          if (held !== null) exchange.trace.note('renewal.signer', { certificateId: held.id, serial: held.serial })
          if (held === null && mayBeUsual(exchange)) left = underWay.enter()
          opened = await openRequest({ signer, throttle, log }, exchange, message)
          await admitted
          return answer('application/x-pki-message', await enrol(exchange, message, opened, held, left))
        }
      }
    } catch (error) {
      left()
      await admitted
      if (error instanceof ScepFault) facts = error.facts ?? facts
      const refusal = asRefusal(error)
      if (refusal === null) throw error
      const { failInfo, text } = ENROLMENT_CAUSES[refusal.reason]
      exchange.trace.note('refused', { reason: refusal.reason, detail: refusal.detail, failInfo, text })
      await recordRefusal(exchange, facts, opened, refusal)
      if (isGuess(refusal)) await throttle.countGuess(exchange.source, exchange.endpoint)
      await waitForFloor(begun, refusal)
      if (facts === null) return refuseHttp(400)
      return answer(
        'application/x-pki-message',
        await sealFailure(failureContext(signer, exchange, facts), failInfo, text),
      )
    } finally {
      left()
    }
  }

  /** Strangers' bytes: a fault of our parser is answered like a malformed message, and logged as the bug it is. */
  function readMessage(exchange: Exchange, bytes: Uint8Array): PkiMessage {
    try {
      return parsePkiMessage(bytes)
    } catch (error) {
      if (error instanceof ScepFault) throw error
      log('error', 'scep.parser_failed', { requestId: exchange.requestId, error: String(error).slice(0, 200) })
      throw new ScepFault('malformed', 'unreadable')
    }
  }

  async function enrol(
    exchange: Exchange,
    message: PkiMessage,
    opened: OpenedRequest,
    held: HeldCertificate | null,
    left: () => void,
  ): Promise<Uint8Array> {
    const attempt = { ...attemptOf(exchange, message, opened), signerCertificateId: held?.id ?? null }
    const usual = held === null ? await atOnce(exchange, message, opened, attempt) : null
    // Step by step it goes other ways, and may wait there.
    if (usual?.done !== 'recorded') left()
    const turn =
      usual === null
        ? await takeTurn({ ...turns, rules: rulesAt(exchange) }, attempt)
        : ({ turn: 'ours', rowId: usual.rowId } as const)
    if (turn.turn !== 'busy') exchange.trace.belongsTo(turn.turn === 'ours' ? turn.rowId : turn.known.id)
    exchange.trace.note('turn.taken', { turn: turn.turn })
    switch (turn.turn) {
      case 'busy':
        throw new Refusal('unavailable', 'The request is still being worked on.', { retryAfterSeconds: 5 })
      case 'issued':
        if (turn.known.undelivered) await store.delivered(turn.known.id)
        await authorisers[exchange.endpoint.policy]?.beforeResending?.(turn.known.id)
        await recordResent(exchange, message, turn.certificate)
        return sealSuccess(
          replyContext(signer, exchange, message, opened.cipher),
          withChain(exchange, turn.certificate.der),
        )
      case 'pending':
        return waits(exchange, message)
      case 'refused':
        if (admitsAgain(exchange, opened))
          await audit.record(refusedAgainEvent(exchange, message, opened, turn.refusal))
        throw turn.refusal
      case 'ours': {
        const reply = madeAhead((der) =>
          sealSuccess(replyContext(signer, exchange, message, opened.cipher), withChain(exchange, der)),
        )
        const der = await decide(exchange, message, opened, turn.rowId, held, usual, reply.begin)
        return der === null ? waits(exchange, message) : reply.of(der)
      }
    }
  }

  function mayBeUsual({ endpoint }: Exchange): boolean {
    return authorisers[endpoint.policy]?.enrolAtOnce !== undefined && endpoint.deviceLookups.length === 0
  }

  /** Only what is usual in every respect. What else there is to say about a request, the steps say. */
  async function atOnce(
    exchange: Exchange,
    message: PkiMessage,
    opened: OpenedRequest,
    attempt: Attempt,
  ): Promise<(AtOnce & { rowId: string }) | null> {
    const authoriser = authorisers[exchange.endpoint.policy]
    const presentation = presentationOf(exchange, message, opened, newRowId())
    const policy = policyOf(exchange, opened)
    if (authoriser?.enrolAtOnce === undefined || !mayBeUsual(exchange) || presentation.signerDiffers || !policy.allowed)
      return null
    if (isLate(exchange, clock(), rulesAt(exchange).deadlineMilliseconds)) return null
    presentation.dropped = policy.dropped
    const rowId = presentation.transactionRowId
    try {
      const usual = await authoriser.enrolAtOnce(presentation, attempt)
      return usual && { ...usual, rowId }
    } catch (error) {
      // It may be recorded all the same, and only the word of it lost: then the next resend goes on from there.
      await finishFailed(rowId, error)
      throw error
    }
  }

  /**
   * Policy, then authorisation, then issuance; null when people have to decide first. A row is left open only if the
   * process dies; a resend takes it over then.
   */
  async function decide(
    exchange: Exchange,
    message: PkiMessage,
    opened: OpenedRequest,
    rowId: string,
    held: HeldCertificate | null,
    usual: AtOnce | null,
    signed: Signed,
  ): Promise<Uint8Array | null> {
    const presentation = presentationOf(exchange, message, opened, rowId)
    try {
      presentation.dropped = permitted(exchange, opened)
      const policy = () => authoriserOf(exchange, presentation)
      const authoriser =
        held === null
          ? policy()
          : renewals.authoriser(
              held,
              policy,
              async (renewal) => (await authorisers[exchange.endpoint.policy]?.checkRenewal?.(renewal)) ?? {},
            )
      if (usual?.done === 'recorded') {
        exchange.trace.note('challenge.checked', usual.checked)
        return await issue(exchange, message, opened, presentation, {
          ...usual,
          authoriser,
          issue: () => usual.issue(signed),
        })
      }
      const authorised = await authoriser.authorise(presentation)
      switch (authorised.outcome) {
        case 'pending':
          return null
        case 'busy':
          throw new Refusal('unavailable', 'Another request holds the challenge.', {
            reason: 'challenge_busy',
            retryAfterSeconds: 5,
          })
        case 'issued_before': {
          const { certificate } = await store.finishIssued(rowId, authorised.certificateId)
          if (certificate === null) throw new Error(`transaction ${rowId} is issued without a certificate`)
          await recordResent(exchange, message, certificate)
          return certificate.der
        }
        case 'redeemed':
          return await issue(exchange, message, opened, presentation, {
            authoriser,
            authorised,
            issue: async () => {
              await checkDevice(exchange, presentation, authorised)
              refuseIfLate(exchange, clock(), rulesAt(exchange).deadlineMilliseconds)
              const { actor } = presentation
              return issuance.issueLeaf({ actor, proof: authorised.proof, csr: opened.csr.der })
            },
          })
      }
    } catch (error) {
      if (error instanceof EnrolmentRefusal) {
        if (!error.recorded) await finishRefused(exchange, message, opened, rowId, error)
        throw new EnrolmentRefusal(error.reason, error.detail, { recorded: true })
      }
      if (!(error instanceof GivenBack)) await finishFailed(rowId, error)
      throw error instanceof GivenBack ? error.cause : error
    }
  }

  /** The endpoint's policy names who decides; one that nobody serves authorises nothing. */
  function authoriserOf({ endpoint }: Exchange, presentation: Presentation): Authoriser {
    checkSignerKey(endpoint, presentation)
    const authoriser = authorisers[endpoint.policy]
    if (authoriser === undefined) throw new EnrolmentRefusal('policy_not_served', endpoint.policy)
    return authoriser
  }

  /** After the challenge: strangers do not make us call an MDM. A refusal gives the challenge back. */
  async function checkDevice(
    { endpoint }: Exchange,
    presentation: Presentation,
    { challengeId }: Authorised,
  ): Promise<void> {
    const { deviceLookups } = endpoint
    if (deviceLookups.length === 0) return
    if (dependencies.deviceCheck === undefined)
      throw new EnrolmentRefusal('device_lookup_failed', 'nobody is there to ask the MDM')
    await dependencies.deviceCheck.check(deviceLookups, presentation, challengeId)
  }

  /** Before the challenge is looked at, so that a request nobody may have never touches one. Returns what is dropped. */
  function permitted(exchange: Exchange, opened: OpenedRequest): string[] {
    const policy = policyOf(exchange, opened)
    exchange.trace.note('policy.checked', policyFacts(policy))
    if (!policy.allowed) throw new EnrolmentRefusal(policy.reason, policy.detail)
    return policy.dropped
  }

  /** Intune's devices wait longer, and so does the next worker before it takes a request over. */
  function rulesAt({ endpoint }: Exchange): ScepOptions {
    return isIntunes(endpoint) ? { ...options, ...INTUNE_PATIENCE } : options
  }

  function policyOf({ endpoint }: Exchange, { csr }: OpenedRequest): PolicyVerdict {
    return checkPolicy(csr, {
      ...endpoint.profile,
      usageOutsideProfile: options.usageOutsideProfile,
      securityIdentifier: isIntunes(endpoint) ? 'compared' : 'refuse',
    })
  }

  async function issue(
    exchange: Exchange,
    message: PkiMessage,
    opened: OpenedRequest,
    presentation: Presentation,
    {
      authoriser,
      authorised,
      issue,
    }: { authoriser: Authoriser; authorised: Authorised; issue(): Promise<IssuedCertificate> },
  ): Promise<Uint8Array> {
    try {
      const issued = await issue()
      exchange.trace.note('certificate.issued', { certificateId: issued.id, serial: issued.serial })
      await authoriser.beforeAnswer?.(presentation, authorised, issued)
      exchange.trace.note('certificate.sent', { certificateId: issued.id, serial: issued.serial, again: false })
      return issued.der
    } catch (error) {
      // It was issued, and is withheld: row and trail say so already.
      if (error instanceof EnrolmentRefusal && error.recorded) throw error
      const refusal = issuanceRefusal(error)
      if (refusal === null) {
        await authoriser.giveBack(presentation, authorised, failedRow(error), [])
        throw new GivenBack(error)
      }
      const events = [refusalEvent(exchange, message, opened, refusal)]
      await authoriser.giveBack(presentation, authorised, refusedRow(refusal.reason, refusal.detail), events)
      throw new EnrolmentRefusal(refusal.reason, refusal.detail, { recorded: true })
    }
  }

  /** RFC 8894 §4.4 and §5.2 case 4: a device whose CertRep was lost asks, and hears what became of its request. */
  async function poll(exchange: Exchange, message: PkiMessage): Promise<Uint8Array> {
    const known = await store.findForPoll(exchange.endpoint.id, message.transactionId, sha256(message.signer.spki))
    if (known === null) throw new EnrolmentRefusal('poll_no_match', 'no such transaction under this key')
    exchange.trace.belongsTo(known.id)
    if (known.certificate !== null && known.certificate.revokedAt !== null)
      throw new EnrolmentRefusal('certificate_revoked', known.certificate.serial)
    if (isOver(known, clock(), options)) throw new EnrolmentRefusal('poll_no_match', 'the transaction is too old')
    switch (known.state) {
      case 'issued': {
        if (known.certificate === null) throw new Error(`transaction ${known.id} is issued without a certificate`)
        if (known.undelivered) await store.delivered(known.id)
        await authorisers[exchange.endpoint.policy]?.beforeResending?.(known.id)
        await recordResent(exchange, message, known.certificate)
        const certificates = withChain(exchange, known.certificate.der)
        return sealSuccess(replyContext(signer, exchange, message, cipherOf(message)), certificates)
      }
      case 'refused':
        throw sameAgain(known)
      case 'received':
      case 'failed':
      case 'pending':
        return waits(exchange, message)
    }
  }

  function waits(exchange: Exchange, message: PkiMessage): Promise<Uint8Array> {
    exchange.trace.note('held')
    return sealPending(failureContext(signer, exchange, message))
  }

  async function recordRefusal(
    exchange: Exchange,
    facts: MessageFacts | null,
    opened: OpenedRequest | null,
    refusal: EnrolmentRefusal,
  ): Promise<void> {
    if (refusal.recorded || !throttle.admitsRecord(exchange.source)) return
    const event = refusalEvent(exchange, facts, opened, refusal)
    const rowId = await store.refuseAtOnce(
      {
        endpointId: exchange.endpoint.id,
        // A message that cannot be read has none: its row is found by time and source.
        transactionId: facts?.transactionId ?? new Uint8Array(0),
        messageType: facts?.messageType ?? null,
        csrSha256: opened?.csrSha256 ?? null,
        spkiSha256: opened?.spkiSha256 ?? null,
        signerSpkiSha256: opened?.signerSpkiSha256 ?? null,
        subject: opened?.subject ?? null,
        sourceIp: exchange.request.ip,
        userAgent: exchange.actor.userAgent,
        client: exchange.client,
        policyVersion: exchange.endpoint.policyVersion,
      },
      refusedRow(refusal.reason, refusal.detail),
      null,
      [event],
    )
    exchange.trace.belongsTo(rowId)
  }

  /** A request that got as far as a row of its own always ends it; under a flood, its event is only counted. */
  async function finishRefused(
    exchange: Exchange,
    message: PkiMessage,
    opened: OpenedRequest,
    rowId: string,
    refusal: EnrolmentRefusal,
  ): Promise<void> {
    const challengeId = refusal.object?.type === 'challenge' ? refusal.object.id : null
    await store.finish(rowId, refusedRow(refusal.reason, refusal.detail), challengeId, eventsOf())

    function eventsOf(): AuditEntry[] {
      if (refusal.again)
        return admitsAgain(exchange, opened) ? [refusedAgainEvent(exchange, message, opened, refusal)] : []
      const recorded = challengeId !== null || throttle.admitsRecord(exchange.source)
      return recorded ? [refusalEvent(exchange, message, opened, refusal)] : []
    }
  }

  /** A certificate that is sent again and again is noted once a minute; the rest is counted. */
  async function recordResent(
    exchange: Exchange,
    message: PkiMessage,
    certificate: { id: string; name: string; serial: string },
  ): Promise<void> {
    exchange.trace.note('certificate.sent', { certificateId: certificate.id, serial: certificate.serial, again: true })
    if (throttle.admitsResend(exchange.source, certificate.id))
      await audit.record(resentEvent(exchange, message, certificate))
  }

  function admitsAgain(exchange: Exchange, { csrSha256 }: OpenedRequest): boolean {
    const what = `${exchange.endpoint.id}:${Buffer.from(csrSha256).toString('hex')}`
    return throttle.admitsResend(exchange.source, what) && throttle.admitsRecord(exchange.source)
  }

  /** Best effort: if the database is what failed, the row stays received and the next resend takes it over. */
  async function finishFailed(rowId: string, error: unknown): Promise<void> {
    try {
      await store.finish(rowId, failedRow(error), null, [])
    } catch (second) {
      log('warn', 'scep.row_left_open', { rowId, error: String(second).slice(0, 200) })
    }
  }

  /** Up to the next multiple of the floor: what took longer than one floor does not show by how much. */
  async function waitForFloor(begun: number, refusal: EnrolmentRefusal): Promise<void> {
    if (!hasFloor(refusal)) return
    const { floorMilliseconds: floor } = options
    if (floor > 0) await fine.pause(floor - (Math.max(fine.now() - begun, 0) % floor))
  }
}

/** Issuance failed for a reason of ours, and challenge and row say so already. */
class GivenBack extends Error {
  constructor(cause: unknown) {
    super('given back', { cause })
  }
}

function policyFacts(verdict: PolicyVerdict): { [key: string]: Json } {
  if (verdict.allowed) return { allowed: true, dropped: verdict.dropped }
  const differences = verdict.reason === 'usage_mismatch' ? verdict.differences.map((each) => ({ ...each })) : []
  return { allowed: false, reason: verdict.reason, detail: verdict.detail, differences }
}

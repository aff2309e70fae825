/** The policy `delegated`: somebody else is asked about each request. What is no clear yes yields no certificate. */
import { isRefusal } from '@/lib/errors'
import { nameToText } from '@/lib/pki/name'
import type { AuditEntry, Json } from './audit'
import { fingerprint } from './certificate-intent'
import { checkedConstraints } from './challenge-constraints'
import { releasedEvent } from './challenge-events'
import { type Presentation, type RedemptionStore, refusedRow } from './challenge-presentation'
import { MISMATCHES_BEFORE_REVOCATION, presentedValue } from './challenge-redemption'
import { type Authorised, type Authoriser, type Grant, type GrantStore, grantTo } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import { masker, printableText, withTexts } from './enrolment-text'
import type { TurnStore } from './enrolment-turns'
import type { Narrowing } from './narrowing'
import type { Notifications } from './notifications'
import { type Narrowed, narrowed, toldBy } from './validator-verdict'
import type { Asked, Validator, ValidatorCalls, ValidatorCircuitStore } from './validators'
import { csrObject, questionBody } from './webhook-body'

export interface DelegationDependencies {
  validators: Pick<ValidatorCircuitStore, 'validator'>
  calls: Pick<ValidatorCalls, 'ask'>
  grants: GrantStore
  redemption: Pick<RedemptionStore, 'release'>
  transactions: Pick<TurnStore, 'finish'>
  notifications: Pick<Notifications, 'deliverBeforeAnswer'>
  clock(): Date
}

export interface Delegation extends Authoriser {
  /** Renewals are authorised by their old certificate; where the validator wants to hear of them too, it may narrow or refuse. */
  checkRenewal(presentation: Presentation): Promise<Narrowing>
}

/** What a validator tells about its devices is kept with the certificate, if it is not a document of its own. */
const MOST_DATA = 4_096

type Question = Presentation & { challenge: string }

export function createDelegation(dependencies: DelegationDependencies): Delegation {
  const { validators, calls, grants, redemption, transactions, notifications, clock } = dependencies

  return {
    async authorise(presentation) {
      const question = { ...presentation, challenge: presentedValue(presentation.csr) }
      const validator = await responsible(presentation)
      const { data, allowed } = await verdictOn(question, validator)
      const grant = grantOf(question, validator, data, allowed)
      const authorised = await grantTo(grants, presentation, grant, [answeredEvent(presentation, validator)])
      if (authorised === null) throw new EnrolmentRefusal('challenge_revoked', 'its authorisation is spent or revoked')
      return { ...authorised, saysNames: data.sans !== undefined }
    },

    async giveBack(presentation, authorised, row, besides) {
      const challenge = { id: authorised.challengeId, subject: authorised.subject }
      const { transactionRowId, csrSha256 } = presentation
      const request = { challengeId: challenge.id, transactionRowId, csrSha256, row }
      await redemption.release(
        { ...request, mismatch: false, mostMismatches: MISMATCHES_BEFORE_REVOCATION },
        ({ released }) => (released ? [...besides, releasedEvent(presentation, challenge, row.reason)] : besides),
      )
    },

    async beforeAnswer(presentation: Presentation, _authorised: Authorised) {
      await notifications.deliverBeforeAnswer(presentation.transactionRowId)
    },

    async beforeResending(transactionRowId) {
      await notifications.deliverBeforeAnswer(transactionRowId)
    },

    async checkRenewal(presentation) {
      if (presentation.endpoint.validatorId === null) return {}
      const validator = await responsible(presentation)
      if (!validator.askOnRenewal) return {}
      const question = { ...presentation, challenge: presentation.csr.challengePasswords[0] ?? '' }
      const { data, allowed } = await verdictOn(question, validator)
      // A request without names keeps those of the old certificate, unless the validator says something about them.
      return { ...(data.sans === undefined ? {} : { san: allowed.san }), ...rulesOf(allowed) }
    },
  }

  async function responsible({ endpoint, trace }: Presentation): Promise<Validator> {
    const validator = endpoint.validatorId === null ? null : await validators.validator(endpoint.validatorId)
    if (validator !== null && !validator.disabled) return validator
    trace.note('validator.missing')
    throw new EnrolmentRefusal(
      'validator_missing',
      validator === null ? 'no validator' : `${validator.name} is disabled`,
    )
  }

  /** Asked without any database transaction open, and without anything reserved: an outage uses nothing up. */
  async function verdictOn(question: Question, validator: Validator) {
    const body = questionBody({
      at: clock(),
      endpoint: question.endpoint.slug,
      endpointId: question.endpoint.id,
      csr: question.csr,
      sendCsr: validator.sendCsr,
      challenge: question.challenge,
      transactionId: question.transactionId,
      messageType: question.messageType,
      clientAddress: question.actor.ip,
      signerDer: question.messageType === 17 ? question.signerDer : null,
    })
    const asked = withoutChallenge(await calls.ask(validator, question.transactionRowId, body), question.challenge)
    question.trace.note('validator.answered', { validator: validator.name, ...traced(asked) })
    if (!asked.asked) throw await nobodyDecided(question, validator, `${asked.fault}: ${asked.detail}`)
    const { verdict } = asked
    if (verdict.verdict === 'deny') throw denied(validator, verdict.code, verdict.message)
    const allowed = narrowed(question.csr, verdict.data)
    if (!allowed.fits) throw denied(validator, 'allows_something_else', allowed.detail)
    return { data: verdict.data, allowed }
  }

  /** The row says failed, so that the same request is looked into anew; the device hears FAILURE (scep.md §10, 83). */
  async function nobodyDecided(presentation: Presentation, validator: Validator, detail: string) {
    const event: AuditEntry = {
      type: 'validator.unavailable',
      outcome: 'error',
      reason: 'validator_unavailable',
      actor: presentation.actor,
      object: { type: 'validator', id: validator.id, name: validator.name },
      transactionId: presentation.transactionId,
      data: { ...place(presentation), detail },
    }
    const row = { ...refusedRow('validator_unavailable', detail), state: 'failed' as const }
    await transactions.finish(presentation.transactionRowId, row, null, [event])
    return new EnrolmentRefusal('validator_unavailable', detail, { recorded: true })
  }
}

export function denied({ id, name }: Pick<Validator, 'id' | 'name'>, code: string, message: string): EnrolmentRefusal {
  const detail = [code, message].filter((part) => part !== '').join(': ') || 'no reason given'
  return new EnrolmentRefusal('validator_denied', detail, {
    object: { type: 'validator', id, name },
    data: { validator: name, code },
  })
}

/** What a validator says is kept, and it may repeat the challenge that it was sent. */
export function withoutChallenge(asked: Asked, challenge: string): Asked {
  if (!asked.asked || asked.verdict.verdict === 'allow') return asked
  return { ...asked, verdict: { verdict: 'deny', ...toldBy(asked.verdict, masker([challenge])) } }
}

function answeredEvent(presentation: Presentation, { id, name }: Validator): AuditEntry {
  return {
    type: 'validator.answered',
    outcome: 'success',
    actor: presentation.actor,
    object: { type: 'validator', id, name },
    transactionId: presentation.transactionId,
    data: { ...place(presentation), verdict: 'allow' },
  }
}

function place({ endpoint, csr, csrSha256 }: Presentation): { [key: string]: Json } {
  return {
    endpoint: endpoint.slug,
    group: endpoint.groupSlug,
    subject: nameToText(csr.subjectDer).slice(0, 1_000),
    csrSha256: fingerprint(csrSha256),
  }
}

/** The names of the request, as far as the validator left them and a certificate may say them. */
function grantOf(
  { csr, transactionId, challenge }: Question,
  validator: Validator,
  data: { [key: string]: Json },
  allowed: Extract<Narrowed, { fits: true }>,
): Grant {
  const constraints = namesOf(csr.subject, allowed.san)
  const masked = masker([challenge])
  const send = validator.sendCsr === 'fields' ? 'fields' : 'masked'
  return {
    origin: 'delegated',
    subject: nameToText(csr.subjectDer).slice(0, 1_000),
    constraints: {
      ...constraints,
      subjectDer: Buffer.from(csr.subjectDer).toString('base64'),
      ...rulesOf(allowed),
    },
    evidence: {
      validatorId: validator.id,
      validator: validator.name,
      verdict: 'allow',
      ...(JSON.stringify(data).length <= MOST_DATA
        ? { data: withTexts(data, (text) => printableText(masked(text))) }
        : {}),
    },
    renewsCertificateId: null,
    ...(validator.notify || validator.notifyBeforeAnswer
      ? { notify: { validatorId: validator.id, body: { request: csrObject(csr, send), transactionId } } }
      : {}),
  }
}

function rulesOf({ maxValidityDays }: Extract<Narrowed, { fits: true }>): Pick<Narrowing, 'rules'> {
  return maxValidityDays === null ? {} : { rules: { maxValidityDays } }
}

export function namesOf(subject: Presentation['csr']['subject'], san: Extract<Narrowed, { fits: true }>['san']) {
  try {
    return checkedConstraints(
      subject.map(({ type, value }) => ({ type, value })),
      san,
    )
  } catch (error) {
    if (isRefusal(error, 'invalid_input')) throw new EnrolmentRefusal('csr_rejected', error.sentence)
    throw error
  }
}

function traced(asked: Asked): { [key: string]: Json } {
  if (!asked.asked) return { verdict: 'none', fault: asked.fault, detail: asked.detail }
  const { verdict, attempts } = asked
  return verdict.verdict === 'allow'
    ? { verdict: 'allow', attempts }
    : { verdict: 'deny', code: verdict.code, message: verdict.message, attempts }
}

/** The policy `delegated`: somebody else is asked about each request. What is no clear yes yields no certificate. */
import { Refusal } from '@/lib/errors'
import { nameToText } from '@/lib/pki/name'
import type { AuditEntry, Json } from './audit'
import { fingerprint } from './certificate-intent'
import { releasedEvent } from './challenge-events'
import { type Presentation, type RedemptionStore, refusedRow } from './challenge-presentation'
import { MISMATCHES_BEFORE_REVOCATION, presentedValue } from './challenge-redemption'
import { type Delegate, type DelegatedQuestion, namesOf, type Permission } from './delegate'
import { type Authorised, type Authoriser, type Grant, type GrantStore, grantTo } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import type { TurnStore } from './enrolment-turns'
import type { Narrowing } from './narrowing'
import type { Notifications } from './notifications'
import type { Validator, ValidatorCalls, ValidatorCircuitStore } from './validators'
import { createWebhookDelegate } from './webhook-delegate'

export interface DelegationDependencies {
  validators: Pick<ValidatorCircuitStore, 'validator'>
  calls: Pick<ValidatorCalls, 'ask'>
  /** Without it, nobody decides where Intune should. */
  intune?: Delegate
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

const RETRY_AFTER_SECONDS = 30

export function createDelegation(dependencies: DelegationDependencies): Delegation {
  const { validators, grants, redemption, transactions, notifications } = dependencies
  const webhook = createWebhookDelegate(dependencies)

  return {
    async authorise(presentation) {
      const question = { ...presentation, challenge: presentedValue(presentation.csr) }
      const validator = await responsible(presentation)
      const permission = await permitted(question, validator)
      const grant = grantOf(question, validator, permission)
      const authorised = await grantTo(grants, presentation, grant, [answeredEvent(presentation, validator)])
      if (authorised === null) throw new EnrolmentRefusal('challenge_revoked', 'its authorisation is spent or revoked')
      return { ...authorised, saysNames: permission.saysNames }
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

    async beforeAnswer({ trace, transactionRowId }: Presentation, _authorised: Authorised) {
      try {
        const told = await notifications.deliverBeforeAnswer(transactionRowId)
        if (told) trace.note('validator.told', { confirmed: true })
      } catch (error) {
        const detail = error instanceof EnrolmentRefusal || error instanceof Refusal ? error.detail : ''
        trace.note('validator.told', { confirmed: false, detail })
        throw error
      }
    },

    async beforeResending(transactionRowId) {
      await notifications.deliverBeforeAnswer(transactionRowId)
    },

    async checkRenewal(presentation) {
      if (presentation.endpoint.validatorId === null) return {}
      const validator = await responsible(presentation)
      const delegate = delegateOf(validator)
      if (delegate === undefined || !delegate.asksOnRenewal(validator)) return {}
      const question = { ...presentation, challenge: presentation.csr.challengePasswords[0] ?? '' }
      const { san, saysNames, rules } = await permitted(question, validator)
      // A request without names keeps those of the old certificate, unless the validator says something about them.
      return { ...(saysNames ? { san } : {}), ...(Object.keys(rules).length === 0 ? {} : { rules }) }
    },
  }

  function delegateOf({ kind }: Validator): Delegate | undefined {
    switch (kind) {
      case 'webhook':
        return webhook
      case 'intune':
        return dependencies.intune
    }
  }

  async function responsible({ endpoint, trace }: Presentation): Promise<Validator> {
    const validator = endpoint.validatorId === null ? null : await validators.validator(endpoint.validatorId)
    if (validator !== null && !validator.disabled && delegateOf(validator) !== undefined) return validator
    trace.note('validator.missing')
    throw new EnrolmentRefusal(
      'validator_missing',
      validator === null ? 'no validator' : `${validator.name} is disabled`,
    )
  }

  /** Asked without any database transaction open, and without anything reserved: an outage uses nothing up. */
  async function permitted(question: DelegatedQuestion, validator: Validator): Promise<Permission> {
    const answer = await delegateOf(validator)?.ask(question, validator)
    if (answer === undefined) throw new EnrolmentRefusal('validator_missing', validator.kind)
    if (answer.decided) return answer
    const refusal = await nobodyDecided(question, validator, answer.detail)
    if (answer.answer === 'failure') throw refusal
    throw new Refusal('unavailable', 'Whoever decides about this request cannot be asked now.', {
      reason: 'validator_unavailable',
      detail: answer.detail,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  }

  /** The row says failed, so that the same request is looked into anew. */
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
function grantOf({ csr }: DelegatedQuestion, validator: Validator, permission: Permission): Grant {
  const { san, rules, evidence, notify } = permission
  return {
    origin: 'delegated',
    subject: nameToText(csr.subjectDer).slice(0, 1_000),
    constraints: {
      ...namesOf(csr.subject, san, { sidChecked: validator.kind === 'intune' }),
      subjectDer: Buffer.from(csr.subjectDer).toString('base64'),
      ...(Object.keys(rules).length === 0 ? {} : { rules }),
    },
    evidence: { validatorId: validator.id, validator: validator.name, verdict: 'allow', ...evidence },
    renewsCertificateId: null,
    ...(notify === null ? {} : { notify }),
  }
}

/** A validator that is asked by webhook. */

import type { Json } from './audit'
import { type Delegate, type DelegatedQuestion, denied, type Permission, type Undecided } from './delegate'
import { masker, printableText, withTexts } from './enrolment-text'
import { narrowed, toldBy } from './validator-verdict'
import type { Asked, Validator, ValidatorCalls } from './validators'
import { csrObject, questionBody } from './webhook-body'

/** What a validator tells about its devices is kept with the certificate, if it is not a document of its own. */
const MOST_DATA = 4_096

export function createWebhookDelegate({
  calls,
  clock,
}: {
  calls: Pick<ValidatorCalls, 'ask'>
  clock(): Date
}): Delegate {
  return {
    asksOnRenewal: ({ askOnRenewal }) => askOnRenewal,

    async ask(question, validator): Promise<Permission | Undecided> {
      const asked = await answerTo(question, validator)
      question.trace.note('validator.answered', { validator: validator.name, ...traced(asked) })
      // scep.md §10, 83: the device hears FAILURE, and the row says that it failed.
      if (!asked.asked) return { decided: false, detail: `${asked.fault}: ${asked.detail}`, answer: 'failure' }
      const { verdict } = asked
      if (verdict.verdict === 'deny') throw denied(validator, verdict.code, verdict.message)
      const { data } = verdict
      const allowed = narrowed(question.csr, data)
      if (!allowed.fits) throw denied(validator, 'allows_something_else', allowed.detail)
      const { san, maxValidityDays } = allowed
      return {
        decided: true,
        san,
        saysNames: data.sans !== undefined,
        rules: maxValidityDays === null ? {} : { maxValidityDays },
        evidence: evidenceOf(data, question.challenge),
        notify: notifyOf(question, validator),
      }
    },
  }

  async function answerTo(question: DelegatedQuestion, validator: Validator): Promise<Asked> {
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
    return withoutChallenge(await calls.ask(validator, question.transactionRowId, body), question.challenge)
  }
}

/** What a validator says is kept, and it may repeat the challenge that it was sent. */
export function withoutChallenge(asked: Asked, challenge: string): Asked {
  if (!asked.asked || asked.verdict.verdict === 'allow') return asked
  return { ...asked, verdict: { verdict: 'deny', ...toldBy(asked.verdict, masker([challenge])) } }
}

function evidenceOf(data: { [key: string]: Json }, challenge: string): Permission['evidence'] {
  if (JSON.stringify(data).length > MOST_DATA) return {}
  const masked = masker([challenge])
  return { data: withTexts(data, (text) => printableText(masked(text))) }
}

function notifyOf({ csr, transactionId }: DelegatedQuestion, validator: Validator): Permission['notify'] {
  if (!validator.notify && !validator.notifyBeforeAnswer) return null
  const send = validator.sendCsr === 'fields' ? 'fields' : 'masked'
  return { validatorId: validator.id, body: { request: csrObject(csr, send), transactionId } }
}

function traced(asked: Asked): { [key: string]: Json } {
  if (!asked.asked) return { verdict: 'none', fault: asked.fault, detail: asked.detail }
  const { verdict, attempts } = asked
  return verdict.verdict === 'allow'
    ? { verdict: 'allow', attempts }
    : { verdict: 'deny', code: verdict.code, message: verdict.message, attempts }
}

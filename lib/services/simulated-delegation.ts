/** What would happen at the policy "delegated": what the validator is asked, and what each answer leads to. */
import type { Csr } from '@/lib/pki/csr'
import type { Json } from './audit'
import { denied, namesOf } from './delegate'
import { EnrolmentRefusal } from './enrolment-refusals'
import { compareNarrowed } from './field-comparison'
import { intuneReason, isSuccess } from './intune-codes'
import { type Authorisation, fails, only, passes, presentedIn, refusedFor } from './simulation-checks'
import { lastFact, textFact } from './simulation-record'
import type { Simulated, SimulatedQuestion, SimulatedSubject } from './simulation-types'
import { narrowed } from './validator-verdict'
import { OPEN_AFTER_FAILURES, type Validator, type ValidatorCalls, type ValidatorCircuitStore } from './validators'
import { type Question, questionBody } from './webhook-body'
import { withoutChallenge } from './webhook-delegate'

export interface DelegationSimulationDependencies {
  validators: Pick<ValidatorCircuitStore, 'validator'>
  /** Calls that leave no trace on the validator's row. */
  calls: Pick<ValidatorCalls, 'ask'>
  clock(): Date
}

const NOT_THE_CHALLENGE = '(the challenge)'
const ANSWERS: SimulatedQuestion['answers'] = [
  {
    answer: '{"allow": true}',
    leadsTo: 'The certificate is issued with the names of the request.',
  },
  {
    answer: '{"allow": true, "data": {…}}',
    leadsTo:
      'The same, narrowed: "sans" leaves out names, "validityDays" ends it earlier. A "subject" or a name that the request does not have refuses it.',
  },
  {
    answer: '{"allow": false, "error": {…}}, or no "allow"',
    leadsTo: 'It is refused (validator_denied). The same request hears so again for a day.',
  },
  {
    answer: 'Another status than 2xx, other JSON, too slow, or nothing',
    leadsTo: 'It fails (validator_unavailable). Nothing is used up, and the same request is asked about anew.',
  },
]

export function createDelegationSimulation({ validators, calls, clock }: DelegationSimulationDependencies) {
  return { judge, renewal }

  async function judge(simulated: Simulated): Promise<Authorisation> {
    const value = presentedIn(simulated)
    if (value instanceof EnrolmentRefusal) return refusedFor(value.reason)
    const validator = await responsible(simulated)
    return validator === null ? only(fails('validator', 'validator_missing')) : asked(simulated, validator, value ?? '')
  }

  /** Null where the validator has no word in renewals. */
  async function renewal(simulated: Simulated): Promise<Authorisation | null> {
    if (simulated.endpoint.policy !== 'delegated' || simulated.endpoint.validatorId === null) return null
    const validator = await responsible(simulated)
    if (validator === null) return only(fails('validator', 'validator_missing'))
    if (!validator.askOnRenewal) return null
    return asked(simulated, validator, simulated.subject.csr?.challengePasswords[0] ?? '')
  }

  async function responsible({ endpoint }: Simulated): Promise<Validator | null> {
    const validator = endpoint.validatorId === null ? null : await validators.validator(endpoint.validatorId)
    return validator === null || validator.disabled ? null : validator
  }

  async function asked(simulated: Simulated, validator: Validator, value: string): Promise<Authorisation> {
    const { subject, endpoint } = simulated
    const { csr, record } = subject
    if (validator.kind === 'intune') return byIntune(subject, validator)
    if (csr !== null && simulated.asked.askValidator) return answered(simulated, validator, csr, value)
    const question = questionTo(simulated, validator, false)
    const before = record?.endpoint.slug === endpoint.slug ? answerBefore(subject, validator) : null
    if (before !== null) return { ...before, question }
    const paused =
      validator.failures >= OPEN_AFTER_FAILURES ? ' It failed several times in a row, and may be left alone.' : ''
    const says = `The validator ${validator.name} would be asked.${paused}`
    return { checks: [{ check: 'validator', verdict: 'asks', says }], constraints: null, question }
  }

  /** Its answer is what it would be for a device; what the question does over there is not ours to know. */
  async function answered(simulated: Simulated, validator: Validator, csr: Csr, value: string): Promise<Authorisation> {
    await simulated.permitAsking()
    const question = questionTo(simulated, validator, true)
    const id = `simulation-${crypto.randomUUID()}`
    const body = questionBody({
      ...aboutRequest(simulated, csr),
      sendCsr: validator.sendCsr,
      challenge: value,
      transactionId: id,
    })
    // Somebody is looking: a pause that the circuit breaker made does not keep them from it.
    const answer = withoutChallenge(await calls.ask({ ...validator, failures: 0 }, id, body), value)
    const heard = passes('validator', `The validator ${validator.name} was asked.`)
    if (!answer.asked) return { ...only(fails('answer', 'validator_unavailable', answer.detail)), question }
    const { verdict } = answer
    if (verdict.verdict === 'deny') {
      const { detail } = denied(validator, verdict.code, verdict.message)
      return { checks: [heard, fails('answer', 'validator_denied', detail)], constraints: null, question }
    }
    return { ...allowed(csr, verdict.data, heard), question }
  }

  function questionTo(simulated: Simulated, validator: Validator, isAsked: boolean): SimulatedQuestion {
    const { csr } = simulated.subject
    return {
      validator: validator.name,
      url: validator.url,
      asked: isAsked,
      body: csr === null ? null : readable(simulated, validator, csr),
      answers: ANSWERS,
    }
  }

  function readable(simulated: Simulated, validator: Validator, csr: Csr): string {
    const body = questionBody({
      ...aboutRequest(simulated, csr),
      // The request as a whole would hold the challenge: what is shown has stars instead.
      sendCsr: validator.sendCsr === 'fields' ? 'fields' : 'masked',
      challenge: csr.challengePasswords.length > 0 || simulated.asked.challenge ? NOT_THE_CHALLENGE : '',
      transactionId: '(chosen by the device)',
    })
    return JSON.stringify(JSON.parse(Buffer.from(body).toString('utf8')), null, 2)
  }

  function aboutRequest(
    { endpoint, subject }: Simulated,
    csr: Csr,
  ): Omit<Question, 'sendCsr' | 'challenge' | 'transactionId'> {
    const { messageType, ip, signerDer } = subject
    return {
      at: clock(),
      endpoint: endpoint.slug,
      endpointId: endpoint.id,
      csr,
      messageType,
      clientAddress: ip,
      signerDer: messageType === 17 ? signerDer : null,
    }
  }
}

/** Intune's word counts for its devices alone, and only while their challenge lives: nobody asks it for a look. */
function byIntune({ record }: SimulatedSubject, { name }: Validator): Authorisation {
  const fact = (name: string) => (record === null ? '' : textFact(record, 'intune.validated', name))
  const code = fact('code')
  if (code === '') {
    const says = `Intune would be asked through ${name}: it opens the challenge and compares the request with its profile.`
    return { checks: [{ check: 'validator', verdict: 'asks', says }], constraints: null }
  }
  const heard = passes('validator', `Intune was asked through ${name} then.`)
  const said = isSuccess(code)
    ? passes('answer', 'It allowed the request.')
    : fails('answer', intuneReason(code), [code, fact('detail')].filter((part) => part !== '').join(': '))
  return { checks: [heard, said], constraints: null }
}

/** What the recorder noted of the answer that this enrolment got. */
function answerBefore({ request, record }: SimulatedSubject, validator: Validator): Authorisation | null {
  if (record === null) return null
  const fact = (name: string) => textFact(record, 'validator.answered', name)
  if (lastFact(record, 'validator.answered', 'validator') !== validator.name) return null
  const heard = passes('validator', `The validator ${validator.name} was asked about it then.`)
  switch (fact('verdict')) {
    case 'allow':
      return {
        checks: [heard, passes('answer', 'It allowed the request.')],
        constraints: null,
        ...(record.challenge === null ? {} : { names: compareNarrowed(request, record.challenge.constraints.san) }),
      }
    case 'deny': {
      const { detail } = denied(validator, fact('code'), fact('message'))
      return { checks: [heard, fails('answer', 'validator_denied', detail)], constraints: null }
    }
    case 'none':
      return { checks: [heard, fails('answer', 'validator_unavailable', fact('detail'))], constraints: null }
    default:
      return null
  }
}

function allowed(csr: Csr, data: { [key: string]: Json }, heard: ReturnType<typeof passes>): Authorisation {
  const left = narrowed(csr, data)
  if (!left.fits) return { checks: [heard, fails('answer', 'validator_denied', left.detail)], constraints: null }
  try {
    const { san } = namesOf(csr.subject, left.san)
    const without = csr.san.length - left.san.length
    const fewer = [
      ...(without > 0 ? [`without ${without} of its alternative names`] : []),
      ...(left.maxValidityDays === null ? [] : [`for ${left.maxValidityDays} days at most`]),
    ]
    const says = `It allows the request${fewer.length === 0 ? '' : `, ${fewer.join(' and ')}`}.`
    return { checks: [heard, passes('answer', says)], constraints: null, names: compareNarrowed(csr, san) }
  } catch (error) {
    if (error instanceof EnrolmentRefusal)
      return { checks: [heard, fails('answer', error.reason, error.detail)], constraints: null }
    throw error
  }
}

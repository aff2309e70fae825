/** The seam of the policy `delegated`: what each kind of validator must be able to say about a request. */
import { isRefusal } from '@/lib/errors'
import type { Csr } from '@/lib/pki/csr'
import type { Json } from './audit'
import { checkedConstraints, SID_URI } from './challenge-constraints'
import type { Presentation } from './challenge-presentation'
import type { ChallengeConstraints } from './challenges'
import type { Grant } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import type { CertificateRules } from './narrowing'
import type { Validator } from './validators'

export type DelegatedQuestion = Presentation & { challenge: string }

/** What is left of the request once it is allowed. */
export interface Permission {
  decided: true
  san: Csr['san']
  /** The validator has said something about the alternative names; else they are as the request asks. */
  saysNames: boolean
  rules: CertificateRules
  /** For the certificate's history: no secret. */
  evidence: { [key: string]: Json }
  notify: NonNullable<Grant['notify']> | null
}

/** Nobody has decided. `failure`: the device hears FAILURE, and its own retries start anew. `retry`: it is asked to come back. */
export interface Undecided {
  decided: false
  detail: string
  answer: 'failure' | 'retry'
}

export interface Delegate {
  /** With nothing reserved and no transaction open. Throws EnrolmentRefusal for a no. */
  ask(question: DelegatedQuestion, validator: Validator): Promise<Permission | Undecided>
  /** Whether it has a word in renewals that their old certificate authorises. */
  asksOnRenewal(validator: Validator): boolean
}

export function denied({ id, name }: Pick<Validator, 'id' | 'name'>, code: string, message: string): EnrolmentRefusal {
  const detail = [code, message].filter((part) => part !== '').join(': ') || 'no reason given'
  return new EnrolmentRefusal('validator_denied', detail, {
    object: { type: 'validator', id, name },
    data: { validator: name, code },
  })
}

/**
 * The names of a request as a certificate may say them. A URI with a Windows security identifier passes only where
 * whoever decides has compared the alternative names with what it knows of the device (`sidChecked`).
 */
export function namesOf(
  subject: Csr['subject'],
  san: Csr['san'],
  { sidChecked = false }: { sidChecked?: boolean } = {},
): ChallengeConstraints {
  const isSid = ({ type, value }: Csr['san'][number]) => sidChecked && type === 'uri' && SID_URI.test(value)
  const sids = san.filter(isSid)
  try {
    const names = checkedConstraints(
      subject.map(({ type, value }) => ({ type, value })),
      san.filter((each) => !isSid(each)),
    )
    return { ...names, san: [...names.san, ...sids] }
  } catch (error) {
    if (isRefusal(error, 'invalid_input')) throw new EnrolmentRefusal('csr_rejected', error.sentence)
    throw error
  }
}

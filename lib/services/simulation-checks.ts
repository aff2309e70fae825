/** The words and the conclusion of a simulation: what each check says, and what all of them come to. */

import { presentedValue } from './challenge-redemption'
import type { ChallengeConstraints } from './challenges'
import { causeOf, type EnrolmentReason, EnrolmentRefusal, explanationOf } from './enrolment-refusals'
import type { FieldComparison } from './field-comparison'
import type { Simulated, SimulatedQuestion, SimulationCheck, SimulationReport } from './simulation-types'

/** Who would authorise a request, and what that says about its names. */
export interface Authorisation {
  checks: SimulationCheck[]
  /** What the names are compared with; null when nothing is known that binds them. */
  constraints: ChallengeConstraints | null
  /** Names that were compared with something else than constraints. */
  names?: FieldComparison[]
  notes?: string[]
  question?: SimulatedQuestion
}

export const NOT_SHOWN: SimulationCheck = {
  check: 'authorisation',
  verdict: 'not_checked',
  says: 'Your role is not shown what a challenge would do.',
}
export const NO_CHALLENGE_KNOWN: SimulationCheck = {
  check: 'authorisation',
  verdict: 'not_checked',
  says: 'No challenge of this enrolment is known. Give one, or the names to compare with.',
}

export function passes(check: SimulationCheck['check'], says: string): SimulationCheck {
  return { check, verdict: 'passes', says }
}

export function fails(check: SimulationCheck['check'], reason: EnrolmentReason, detail = ''): SimulationCheck {
  return { check, verdict: 'fails', says: [causeFor(reason), sentenceOf(detail)].join(' ').trim(), reason }
}

/** Holds, or fails for this reason. */
export function holds(
  check: SimulationCheck['check'],
  passed: boolean,
  reason: EnrolmentReason,
  says: string,
): SimulationCheck {
  return passed ? passes(check, says) : fails(check, reason, says)
}

export function only(check: SimulationCheck): Authorisation {
  return { checks: [check], constraints: null }
}

export function refusedFor(reason: EnrolmentReason, detail?: string): Authorisation {
  return only(fails('authorisation', reason, detail))
}

/** Null for a recorded enrolment: the value of its challenge is nowhere. */
export function presentedIn({ subject, asked }: Simulated): string | EnrolmentRefusal | null {
  const given = asked.challenge?.trim()
  if (!given && subject.csr === null) return null
  try {
    return presentedValue(given ? { challengePasswords: [given] } : { challengePasswords: [], ...subject.csr })
  } catch (error) {
    if (error instanceof EnrolmentRefusal) return error
    throw error
  }
}

export function concluded(
  checks: SimulationCheck[],
): Pick<SimulationReport, 'verdict' | 'summary' | 'reason' | 'nextStep'> {
  const first = (verdict: SimulationCheck['verdict']) => checks.find((check) => check.verdict === verdict)
  const failed = first('fails')
  if (failed !== undefined) {
    const { reason = null, says } = failed
    const words = reason === null ? { cause: says, nextStep: null } : causeOf(explanationOf(reason) ?? reason)
    return { verdict: 'would_refuse', summary: `It would be refused. ${words.cause}`, reason, nextStep: words.nextStep }
  }
  const rest = { reason: null, nextStep: null }
  const open = checks.find(({ check, verdict }) => verdict === 'not_checked' && Object.hasOwn(UNDECIDED, check))
  const asks = first('asks')
  if (asks !== undefined && open?.check !== 'authorisation')
    return { verdict: 'would_ask', summary: asks.says, ...rest }
  if (open !== undefined)
    return { verdict: 'undecided', summary: `Nothing speaks against it, but ${UNDECIDED[open.check]}.`, ...rest }
  return { verdict: 'would_issue', summary: 'It would get its certificate.', ...rest }
}

/** What has to be known before anything can be said. */
const UNDECIDED: Partial<Record<SimulationCheck['check'], string>> = {
  authorisation: 'who authorises it was not checked',
  address: 'where it comes from was not said',
  renewalDevice: 'another request is just renewing the certificate',
}

/** Details are written for the trail, where they stand alone. */
function sentenceOf(detail: string): string {
  if (detail === '') return ''
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${/[.!?]$/.test(detail) ? '' : '.'}`
}

function causeFor(reason: EnrolmentReason): string {
  return causeOf(explanationOf(reason) ?? reason).cause
}

/** What would happen at the policy "static": which secret it is, and each of its bounds. No use is taken. */
import { nameToText } from '@/lib/pki/name'
import { isAllowedFrom } from './address-list'
import { canonicalName } from './challenge-constraints'
import { grantHandle } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import type { Passwords } from './passwords'
import type { Signer } from './signer'
import {
  type Authorisation,
  fails,
  holds,
  NO_CHALLENGE_KNOWN,
  NOT_SHOWN,
  only,
  passes,
  presentedIn,
  refusedFor,
} from './simulation-checks'
import { lastFact } from './simulation-record'
import type { Simulated, SimulatedSubject, SimulationCheck } from './simulation-types'
import { lookupOf, type PresentedSecret, type SecretStanding, type StaticSecretStore } from './static-secrets'
import { fittingNames, matchTemplate, parseSubjectTemplate } from './subject-template'

export interface StaticSimulationDependencies {
  store: Pick<StaticSecretStore, 'find' | 'list' | 'standing'>
  signer: Pick<Signer, 'mac'>
  passwords: Pick<Passwords, 'verify'>
}

type Bounded = Pick<PresentedSecret, 'id' | 'hint' | 'subjectTemplate' | 'allowedAddresses'>

/** Of nobody: a request that was never sent holds no use. */
const NO_HANDLE = new Uint8Array(32)

export function createStaticSimulation({ store, signer, passwords }: StaticSimulationDependencies) {
  return async (simulated: Simulated): Promise<Authorisation> => {
    const { endpoint, subject, mayTry } = simulated
    const value = presentedIn(simulated)
    if (value === null) return mayTry ? recorded(simulated) : only(NOT_SHOWN)
    if (value instanceof EnrolmentRefusal) return refusedFor(value.reason)
    if (!mayTry) return only(NOT_SHOWN)
    await simulated.count()
    const handle = handleOf(subject)
    const secret = await store.find(endpoint.id, await lookupOf(signer, endpoint.id, value), handle)
    // Nothing is told about a secret before the slow hash has confirmed the value.
    if (secret === null || !(await passwords.verify(value, secret.secretHash)).matches)
      return refusedFor('static_secret_unknown')
    return judged(simulated, secret, `It is the static secret that begins with ${secret.hint}.`)
  }

  /** The value is nowhere; that it was right, and of which secret, the recorder noted. */
  async function recorded(simulated: Simulated): Promise<Authorisation> {
    const { endpoint, subject } = simulated
    const { record } = subject
    if (record === null || record.endpoint.slug !== endpoint.slug) return only(NO_CHALLENGE_KNOWN)
    if (lastFact(record, 'challenge.verdict', 'verdict') === 'static_secret_unknown')
      return refusedFor('static_secret_unknown')
    const hint = lastFact(record, 'challenge.verdict', 'secret')
    const secret = (await store.list(endpoint.id)).find((each) => each.hint === hint)
    if (secret === undefined) return only(NO_CHALLENGE_KNOWN)
    return judged(simulated, secret, `It came with the static secret that begins with ${secret.hint}.`)
  }

  async function judged({ subject }: Simulated, secret: Bounded, says: string): Promise<Authorisation> {
    const standing = await store.standing(secret.id, handleOf(subject))
    if (standing === null) return refusedFor('static_secret_unknown')
    const template = parseSubjectTemplate(secret.subjectTemplate)
    const verdict = matchTemplate(template, subject.request)
    const fitting = fittingNames(template, subject.request)
    const issued = subject.record?.state === 'issued'
    return {
      checks: [
        passes('authorisation', issued ? `${says} Sent again, the request gets the same certificate.` : says),
        ...(issued ? [] : boundsOf(subject, secret, standing)),
        holds(
          'template',
          verdict.fits,
          'static_secret_template',
          verdict.fits ? `Its names fit the template: ${template.text}.` : verdict.detail,
        ),
        ...(issued || standing.held ? [] : [rateOf(standing)]),
      ],
      constraints: null,
      names: [
        {
          field: 'subject',
          expected: [fitting.allowed.subject],
          received: [nameToText(subject.request.subjectDer)],
          verdict: fitting.subject ? 'fits' : 'differs',
        },
        {
          field: 'san',
          expected: fitting.allowed.san,
          received: subject.request.san.map(canonicalName),
          verdict: fitting.san ? 'fits' : 'differs',
        },
      ],
    }
  }
}

function boundsOf(subject: SimulatedSubject, secret: Bounded, standing: SecretStanding): SimulationCheck[] {
  const { held, revoked, expired, expiresAt, uses, maxUses } = standing
  if (held) return [passes('uses', 'This enrolment has taken its use already, and may finish whatever the bounds.')]
  const until = `It may be used until ${expiresAt.toISOString()}.`
  return [
    revoked ? fails('expiry', 'static_secret_revoked') : holds('expiry', !expired, 'static_secret_expired', until),
    holds('uses', uses < maxUses, 'static_secret_exhausted', `${uses} of ${maxUses} uses are taken.`),
    addressCheck(subject.ip, secret.allowedAddresses),
  ]
}

function addressCheck(ip: string | null, allowed: readonly string[]): SimulationCheck {
  const from = `Allowed are ${allowed.join(', ')}.`
  if (ip === null) return { check: 'address', verdict: 'not_checked', says: `No source address was given. ${from}` }
  return holds('address', isAllowedFrom(allowed, ip), 'static_secret_address', `It comes from ${ip}. ${from}`)
}

function rateOf({ recent, perHour }: SecretStanding): SimulationCheck {
  const says = `${recent} of ${perHour} uses fall into the last hour.`
  return holds('rate', recent < perHour, 'static_secret_too_fast', says)
}

function handleOf({ record }: SimulatedSubject): Uint8Array {
  return record === null ? NO_HANDLE : grantHandle(record.id)
}

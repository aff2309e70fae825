/** A validator without a network: allows what is right, answers all else as it likes, and sees whether it is asked soundly. */
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { nameToText } from '@/lib/pki/name'
import type { Json } from '@/lib/services/audit'
import { checkPolicy } from '@/lib/services/challenge-match'
import { createDelegation, type Delegation } from '@/lib/services/delegated-enrolment'
import { PROFILE_DEFAULTS } from '@/lib/services/endpoint-settings'
import type { EnrolmentBacking } from '@/lib/services/testing/enrolment'
import { NOON } from '@/lib/services/testing/harness'
import type { Asked, Validator } from '@/lib/services/validators'
import { SAN, SUBJECT } from './names'
import { type Chance, chance } from './random'

/** What the validator knows the device by. */
export const DELEGATED_CHALLENGE = 'ASKED-OF-THE-VALIDATOR'

export interface Delegate {
  authoriser: Delegation
  /** Chooses among the answers that are possible. */
  moods: Chance
  /** Endpoints know their validator by its row; this one has none. */
  validatorAt(slug: string): string | null
  decidesFor(slug: string): void
  /** Since the last time: questions that it allowed, and what was wrong with any. */
  taken(): { allowed: number; unsound: string[] }
}

const VALIDATOR: Validator = {
  id: '00000000-0000-4000-8000-00000000de1e',
  name: 'Inventory',
  kind: 'webhook',
  connectorId: null,
  dialect: 'standard',
  url: 'https://validator.example.com/',
  secretSealed: new Uint8Array(),
  authorizationKind: 'none',
  authorizationSealed: null,
  timeoutMs: 5_000,
  sendCsr: 'full',
  askOnRenewal: true,
  notify: false,
  notifyBeforeAnswer: false,
  allowedHosts: [],
  disabled: false,
  failures: 0,
}

export function createDelegate({ enrolment }: EnrolmentBacking): Delegate {
  let slug: string | null = null
  let allowed = 0
  const unsound: string[] = []
  const delegate: Delegate = {
    moods: chance(1),
    validatorAt: (asked) => (asked === slug ? VALIDATOR.id : null),
    decidesFor(endpoint) {
      slug = endpoint
    },
    taken() {
      const since = { allowed, unsound: unsound.splice(0) }
      allowed = 0
      return since
    },
    authoriser: createDelegation({
      validators: { validator: async (id) => (id === VALIDATOR.id ? VALIDATOR : null) },
      calls: { ask: async (_validator, _id, body) => answerTo(body) },
      grants: enrolment.grants,
      redemption: enrolment.redemption,
      transactions: enrolment.enrolment,
      notifications: { deliverBeforeAnswer: async () => false },
      clock: () => NOON,
    }),
  }
  return delegate

  function answerTo(body: Uint8Array): Asked {
    const { x509CertificateRequest, scepChallenge } = JSON.parse(Buffer.from(body).toString('utf8'))
    const csr = parseCsr(new Uint8Array(Buffer.from(x509CertificateRequest.raw, 'base64')))
    const fault = faultOf(csr, scepChallenge)
    if (fault !== null) unsound.push(`the validator was asked about a request ${fault}`)
    if (!isRight(csr, scepChallenge)) return otherwise()
    allowed += 1
    const data = delegate.moods.one<{ [key: string]: Json }>([
      {},
      { sans: [] },
      { subject: SUBJECT },
      { validityDays: 7 },
    ])
    return { asked: true, verdict: { verdict: 'allow', data }, attempts: 1 }
  }

  function otherwise(): Asked {
    return delegate.moods.one<Asked>([
      { asked: true, verdict: { verdict: 'deny', code: '', message: '' }, attempts: 1 },
      { asked: true, verdict: { verdict: 'deny', code: '\u0000\u202e', message: 'x'.repeat(5_000) }, attempts: 2 },
      { asked: true, verdict: { verdict: 'allow', data: { subject: 'CN=somebody-else' } }, attempts: 1 },
      { asked: true, verdict: { verdict: 'allow', data: { validityDays: -1 } }, attempts: 1 },
      { asked: false, fault: 'timeout', detail: 'It was too slow.' },
    ])
  }
}

/** What must hold of every request before anybody is asked about it. */
function faultOf(csr: Csr, challenge: unknown): string | null {
  if (!verifyCsr(csr)) return 'that its key did not sign'
  if (!checkPolicy(csr, PROFILE_DEFAULTS).allowed) return 'outside the profile'
  if (csr.challengePasswords.length !== 1 || csr.challengePasswords[0] !== challenge)
    return `with ${csr.challengePasswords.length} challenges`
  return null
}

function isRight({ subjectDer, san }: Csr, challenge: unknown): boolean {
  const names = san.every(({ type, value }) => type === SAN[0].type && value === SAN[0].value)
  return challenge === DELEGATED_CHALLENGE && nameToText(subjectDer) === SUBJECT && names
}

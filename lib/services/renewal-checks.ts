/** Whether a certificate of ours may renew itself (scep.md §5.2): what can be said without asking anybody again. */
import type { Csr } from '@/lib/pki/csr'
import { namesEqual, nameToText, parseName } from '@/lib/pki/name'
import type { Serial } from '@/lib/pki/serial'
import type { CertificateKind } from './certificate-intent'
import type { RevocationReason } from './certificates'
import { canonicalName } from './challenge-constraints'
import type { ChallengeConstraints, SubjectAlternativeName } from './challenges'
import type { EndpointSettings } from './endpoint-settings'
import type { EnrolmentReason } from './enrolment-refusals'
import { type CertificateRules, narrowedBy } from './narrowing'

/** A certificate that an authority of the group issued, whatever became of it. */
export interface HeldCertificate {
  id: string
  kind: CertificateKind
  serial: Serial
  der: Uint8Array
  issuerDer: Uint8Array
  authorityId: string
  endpointId: string | null
  subject: string
  subjectDer: Uint8Array
  san: SubjectAlternativeName[]
  spkiSha256: Uint8Array
  notBefore: Date
  notAfter: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  issuerRevoked: boolean
  /** What narrowed it and those before it in its line. */
  rules: CertificateRules
  /** The first one of its line; its own id while there is no other. */
  lineageId: string
}

export interface RenewalRequest {
  messageType: number
  endpoint: EndpointSettings & { id: string }
  csr: Pick<Csr, 'subject' | 'subjectDer' | 'san'>
}

export interface FailedCheck {
  reason: Extract<EnrolmentReason, `renewal_${string}`>
  detail: string
}

export const RENEWAL_REQ = 17

/**
 * Revocations that take the trust from the device and not just from one certificate: while the newest certificate of a
 * subject in its group is revoked for one of them, no older one renews. A new enrolment, which somebody authorises, ends
 * it. `superseded` and `unspecified` say nothing against the device.
 */
export const DISTRUSTING: readonly RevocationReason[] = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

const DAY_MS = 86_400_000
const MOST_WINDOW_MS = 30 * DAY_MS

/** The first condition that does not hold, or null. `note` hears of each, in order. */
export function failedCheck(
  held: HeldCertificate,
  { messageType, endpoint, csr }: RenewalRequest,
  now: Date,
  note: (check: string, passed: boolean) => void,
): FailedCheck | null {
  for (const [name, check] of renewalChecks(held, { messageType, endpoint, csr }, now)) {
    const outcome = check()
    note(name, outcome === null)
    if (outcome !== null) return outcome
  }
  return null
}

export type RenewalCheck =
  | 'leaf'
  | 'notRevoked'
  | 'issuer'
  | 'offered'
  | 'endpoint'
  | 'valid'
  | 'subject'
  | 'names'
  | 'window'

/** In the order in which the first to fail is the reason. */
export function renewalChecks(
  held: HeldCertificate,
  { messageType, endpoint, csr }: RenewalRequest,
  now: Date,
): [name: RenewalCheck, check: () => FailedCheck | null][] {
  const serial = `serial ${held.serial}`
  return [
    ['leaf', () => (held.kind === 'leaf' ? null : failed('renewal_signer_no_leaf', `of kind ${held.kind}`))],
    ['notRevoked', () => notRevoked(held)],
    ['issuer', () => (held.issuerRevoked ? failed('renewal_issuer_revoked', serial) : null)],
    ['offered', () => offered(messageType, endpoint)],
    ['endpoint', () => (held.endpointId === endpoint.id ? null : failed('renewal_other_endpoint', serial))],
    ['valid', () => valid(held, now)],
    ['subject', () => sameSubject(held, csr)],
    ['names', () => namesWithin(held, csr)],
    ['window', () => windowOpen(held, endpoint, now)],
  ]
}

/** When renewal opens: so many days before the end, or the last third of the life, thirty days at most. */
export function renewableFrom(
  { notBefore, notAfter }: Pick<HeldCertificate, 'notBefore' | 'notAfter'>,
  windowDays: number | null,
): Date {
  const third = (notAfter.getTime() - notBefore.getTime()) / 3
  const window = windowDays === null ? Math.min(third, MOST_WINDOW_MS) : windowDays * DAY_MS
  return new Date(notAfter.getTime() - window)
}

/**
 * What the new certificate says: the old subject byte for byte, and of the alternative names those that are asked for. A
 * request that names none keeps them all, for many clients leave them out and would lose their name on the network. What
 * narrowed the old one narrows the new one.
 */
export function renewedNames(held: HeldCertificate, csr: Pick<Csr, 'san'>): ChallengeConstraints {
  const asked = new Set(csr.san.map(canonicalName))
  const names: ChallengeConstraints = {
    v: 1,
    subject: parseName(held.subjectDer).map(({ type, value }) => ({ type, value })),
    san: csr.san.length === 0 ? held.san : held.san.filter((san) => asked.has(canonicalName(san))),
    subjectDer: Buffer.from(held.subjectDer).toString('base64'),
  }
  return narrowedBy(names, { rules: held.rules })
}

function offered(messageType: number, endpoint: EndpointSettings): FailedCheck | null {
  if (!endpoint.renewal) return failed('renewal_off', 'renewal is switched off')
  if (messageType !== RENEWAL_REQ && !endpoint.renewalByPkcsReq)
    return failed('renewal_by_pkcs_req_off', 'a PKCSReq signed by a certificate of ours')
  return null
}

function notRevoked({ revokedAt, revocationReason, serial }: HeldCertificate): FailedCheck | null {
  return revokedAt === null ? null : failed('renewal_signer_revoked', `serial ${serial}: ${revocationReason}`)
}

function valid({ notBefore, notAfter, serial }: HeldCertificate, now: Date): FailedCheck | null {
  if (now < notBefore) return failed('renewal_signer_expired', `serial ${serial} begins ${notBefore.toISOString()}`)
  return now < notAfter ? null : failed('renewal_signer_expired', `serial ${serial} ended ${notAfter.toISOString()}`)
}

function sameSubject(held: HeldCertificate, csr: RenewalRequest['csr']): FailedCheck | null {
  if (namesEqual(parseName(held.subjectDer), csr.subject)) return null
  const received = nameToText(csr.subjectDer)
  return failed('renewal_subject_differs', `subject: expected "${held.subject}", received "${received}"`)
}

function namesWithin({ san }: HeldCertificate, csr: RenewalRequest['csr']): FailedCheck | null {
  const known = new Set(san.map(canonicalName))
  const added = csr.san.filter((name) => !known.has(canonicalName(name)))
  if (added.length === 0) return null
  return failed('renewal_san_outside', `not in the certificate before: ${added.map(written).join(', ')}`)
}

function windowOpen(held: HeldCertificate, endpoint: EndpointSettings, now: Date): FailedCheck | null {
  const opens = renewableFrom(held, endpoint.renewalWindowDays)
  return now >= opens ? null : failed('renewal_too_early', `the window opens ${opens.toISOString()}`)
}

function failed(reason: FailedCheck['reason'], detail: string): FailedCheck {
  return { reason, detail: detail.slice(0, 1_000) }
}

function written({ type, value }: SubjectAlternativeName): string {
  return `"${type}:${value}"`
}

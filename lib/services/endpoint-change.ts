/** What may be set about an endpoint: one sentence for each field that is wrong, and the event of a change. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import {
  ENDPOINT_DEFAULTS,
  type EndpointPolicy,
  type EndpointSettings,
  type ProfileSettings,
} from './endpoint-settings'
import { checkedName } from './group-plan'
import { type AnsweringIssuer, mayAnswerScep } from './scep-identity'

/** All of an endpoint that people set. */
export interface EndpointState extends EndpointSettings {
  name: string
  enabled: boolean
  policy: EndpointPolicy
  challengeTtlMinutes: number
  profile: ProfileSettings
}

/** Fields that are left out stay as they are. */
export type EndpointChange = Partial<Omit<EndpointState, 'profile'>> & { profile?: Partial<ProfileSettings> }

/** Who answers where the identity is the CA: now, and from the day of a rollover on. */
export interface AnsweringIssuers {
  issuer: AnsweringIssuer
  /** The staged one; null while none is. */
  next: AnsweringIssuer | null
}

const POLICIES: readonly EndpointPolicy[] = ['dynamic', 'static', 'approval', 'delegated']
export const RSA_SIZES: readonly number[] = [2048, 3072, 4096]
export const CURVES: readonly string[] = ['P-256', 'P-384', 'P-521']
const MOST_SIGNERS = 50
const MOST_USAGES = 20
/** Usages with which a device's certificate would speak for the authority, or for anything at all. */
const FORBIDDEN_USAGES: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'any usage',
  '1.3.6.1.5.5.7.3.9': 'OCSP signing',
  '1.3.6.1.5.5.7.3.8': 'time stamping',
  '1.3.6.1.4.1.311.20.2.1': 'enrolment agent',
}

type Faults = Record<string, string>

/** As it is kept: fingerprints in lower-case hex without separators, lists without repeats. */
export function normalised(change: EndpointChange): EndpointChange {
  const { trustedProxySigners, name, profile } = change
  return {
    ...change,
    ...(name === undefined ? {} : { name: checkedName(name, 'endpoint') }),
    ...(trustedProxySigners && { trustedProxySigners: unique(trustedProxySigners.map(plainHex)) }),
    ...(profile && { profile: normalisedProfile(profile) }),
  }
}

/** Throws one Refusal with a sentence for each field that is wrong in what the endpoint would become. */
export function checkEndpoint(after: EndpointState, issuers: AnsweringIssuers): void {
  const faults: Faults = { ...settingFaults(after, issuers), ...profileFaults(after.profile) }
  const [first] = Object.values(faults)
  if (first === undefined) return
  throw new Refusal('invalid_input', first, { reason: 'invalid_setting', fields: faults })
}

export function changed(before: EndpointState, { profile, ...change }: EndpointChange): EndpointState {
  return { ...before, ...defined(change), profile: { ...before.profile, ...defined(profile ?? {}) } }
}

/** No event when nothing changes. Fields of the profile are named "profile.validityDays" and so on. */
export function endpointEvents(
  actor: Actor,
  endpoint: { id: string; slug: string },
  before: EndpointState,
  after: EndpointState,
): AuditEntry[] {
  const [was, is] = [flat(before), flat(after)]
  const fields = Object.keys(is).filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
  if (fields.length === 0) return []
  const values = (of: { [key: string]: Json }) => Object.fromEntries(fields.map((name) => [name, of[name] ?? null]))
  return [
    {
      type: 'endpoint.updated',
      outcome: 'success',
      actor,
      object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
      change: { fields, before: values(was), after: values(is) },
    },
  ]
}

export function unknownValidator(): Refusal {
  const sentence = 'There is no such validator.'
  return new Refusal('invalid_input', sentence, { reason: 'validator_unknown', fields: { validatorId: sentence } })
}

const SETTING_NAMES = Object.keys(ENDPOINT_DEFAULTS) as (keyof EndpointSettings)[]

/** The settings alone, whatever else the object carries. */
export function settingsOf(endpoint: EndpointSettings): EndpointSettings {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, endpoint[name]])) as unknown as EndpointSettings
}

/** Names of the profile's fields get `profile.` in front. */
export function flat(state: EndpointState): { [key: string]: Json } {
  const { name, enabled, policy, challengeTtlMinutes, profile } = state
  const { validityDays, backdateMinutes, minRsaBits, ellipticCurves, extendedKeyUsage } = profile
  return {
    ...{ name, enabled, policy, challengeTtlMinutes, ...settingsOf(state) },
    'profile.validityDays': validityDays,
    'profile.backdateMinutes': backdateMinutes,
    'profile.minRsaBits': minRsaBits,
    'profile.ellipticCurves': ellipticCurves,
    'profile.extendedKeyUsage': extendedKeyUsage,
  }
}

function settingFaults(after: EndpointState, { issuer, next }: AnsweringIssuers): Faults {
  const { renewalWindowDays, supersedeAfterHours, profile } = after
  return faultsOf([
    [!POLICIES.includes(after.policy), 'policy', `The policy is one of ${POLICIES.join(', ')}.`],
    [
      after.policy === 'delegated' && after.validatorId === null,
      'validatorId',
      'Choose the validator that decides for this endpoint.',
    ],
    [
      outside(after.challengeTtlMinutes, 1, 1_440),
      'challengeTtlMinutes',
      'A challenge lives from 1 minute to 24 hours.',
    ],
    [
      after.enabled && issuer.revoked === true,
      'enabled',
      'The issuer of this endpoint is revoked. Make its successor first, on the page of the group.',
    ],
    [after.scepIdentity === 'ca' && !mayAnswerScep(issuer), 'scepIdentity', identityFault(issuer)],
    [
      after.scepIdentity === 'ca' && next !== null && !mayAnswerScep(next),
      'scepIdentity',
      next === null ? '' : nextIdentityFault(next),
    ],
    [
      after.trustedProxySigners.length > MOST_SIGNERS,
      'trustedProxySigners',
      `Pin at most ${MOST_SIGNERS} certificates.`,
    ],
    [
      after.trustedProxySigners.some((pin) => !/^[0-9a-f]{64}$/.test(pin)),
      'trustedProxySigners',
      'Give the SHA-256 fingerprint of each certificate: 64 hexadecimal digits.',
    ],
    [
      renewalWindowDays !== null && outside(renewalWindowDays, 1, 3_650),
      'renewalWindowDays',
      'The renewal window is from 1 day to 3650 days, or empty for the last third of the lifetime.',
    ],
    [
      renewalWindowDays !== null && renewalWindowDays > profile.validityDays,
      'renewalWindowDays',
      'The renewal window is longer than the certificate lives.',
    ],
    [
      supersedeAfterHours !== null && outside(supersedeAfterHours, 0, 8_760),
      'supersedeAfterHours',
      'The renewed certificate is revoked after 0 to 8760 hours, or never when this is empty.',
    ],
    [outside(after.approvalsRequired, 1, 10), 'approvalsRequired', 'From 1 to 10 people have to approve.'],
    [outside(after.pendingTtlHours, 1, 720), 'pendingTtlHours', 'A request waits from 1 to 720 hours.'],
  ])
}

function identityFault({ keyAlgorithm }: AnsweringIssuer): string {
  return keyAlgorithm.startsWith('rsa')
    ? 'The certificate of the issuer does not let its key answer SCEP. Keep the registration authority, or stage a next issuer that may.'
    : 'The issuer has an elliptic curve key, which cannot open envelopes. Keep the registration authority.'
}

function nextIdentityFault({ keyAlgorithm, certificateDer }: AnsweringIssuer): string {
  return keyAlgorithm.startsWith('rsa') && certificateDer === null
    ? 'The next issuer of this group is still being made. Try again in a minute.'
    : 'The next issuer of this group, which is staged, may not answer SCEP. Keep the registration authority, or cancel the rollover and stage an RSA issuer that may.'
}

function profileFaults(profile: ProfileSettings): Faults {
  const { validityDays, backdateMinutes, minRsaBits, ellipticCurves, extendedKeyUsage } = profile
  const forbidden = extendedKeyUsage.find((usage) => Object.hasOwn(FORBIDDEN_USAGES, usage))
  return faultsOf([
    [outside(validityDays, 1, 3_650), 'profile.validityDays', 'A certificate lives from 1 to 3650 days.'],
    [
      outside(backdateMinutes, 0, 1_440),
      'profile.backdateMinutes',
      'A certificate begins from 0 minutes to 24 hours before its making.',
    ],
    [!RSA_SIZES.includes(minRsaBits), 'profile.minRsaBits', `The least RSA size is one of ${RSA_SIZES.join(', ')}.`],
    [
      ellipticCurves.some((curve) => !CURVES.includes(curve)),
      'profile.ellipticCurves',
      `The curves are among ${CURVES.join(', ')}.`,
    ],
    [extendedKeyUsage.length === 0, 'profile.extendedKeyUsage', 'Name at least one usage: without, all are allowed.'],
    [extendedKeyUsage.length > MOST_USAGES, 'profile.extendedKeyUsage', `Name at most ${MOST_USAGES} usages.`],
    [
      extendedKeyUsage.some((usage) => !/^[0-2](\.(0|[1-9]\d{0,17})){1,30}$/.test(usage)),
      'profile.extendedKeyUsage',
      'Give each usage as an OID in digits and dots, such as 1.3.6.1.5.5.7.3.2.',
    ],
    [
      forbidden !== undefined,
      'profile.extendedKeyUsage',
      `No device may have the usage "${FORBIDDEN_USAGES[forbidden ?? '']}".`,
    ],
  ])
}

/** The first fault of each field. */
function faultsOf(checks: [wrong: boolean, field: string, sentence: string][]): Faults {
  const wrong = checks.filter(([isWrong]) => isWrong).map(([, field, sentence]): [string, string] => [field, sentence])
  return Object.fromEntries(wrong.toReversed())
}

function outside(value: number, least: number, most: number): boolean {
  return !Number.isInteger(value) || value < least || value > most
}

function normalisedProfile(profile: Partial<ProfileSettings>): Partial<ProfileSettings> {
  const { ellipticCurves, extendedKeyUsage } = profile
  return {
    ...profile,
    ...(ellipticCurves && { ellipticCurves: unique(ellipticCurves) }),
    ...(extendedKeyUsage && { extendedKeyUsage: unique(extendedKeyUsage.map((usage) => usage.trim())) }),
  }
}

function plainHex(fingerprint: string): string {
  return fingerprint
    .replace(/^sha-?256[:=]?/i, '')
    .replace(/[\s:-]/g, '')
    .toLowerCase()
}

function unique(values: string[]): string[] {
  return [...new Set(values)]
}

/** Callers may write undefined for "as it is". */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** The settings of an endpoint as options of the command line; the service says what is wrong with a value. */
import type { EndpointChange } from '@/lib/services/endpoint-change'
import { given, type Option, UsageFault } from './command'

const ON_OFF = ['on', 'off'] as const

const onOff = (description: string) => ({ value: 'on|off', description, choices: ON_OFF })
const number = (description: string) => ({ value: 'N', description })

export const SETTING_OPTIONS = {
  policy: {
    value: 'POLICY',
    description: 'Who may enrol',
    choices: ['dynamic', 'static', 'approval', 'delegated'],
  },
  'challenge-ttl': number('Minutes that a challenge lives unless minting says otherwise'),
  'challenge-format': {
    value: 'FORMAT',
    description: 'How minted challenges are written',
    choices: ['hex32', 'hex16', 'base62', 'sealed'],
  },
  'revoke-on-second-key': onOff('A second key for a consumed challenge revokes the first certificate'),
  validator: { value: 'ID', description: 'Who is asked under the policy delegated; "none" for nobody' },
  approvals: number('How many people have to approve'),
  'pending-hours': number('Hours that a request waits for approval'),
  'approve-wrong-challenge': onOff('Under the policy approval, a wrong challenge waits like none'),
  'include-root': onOff('GetCACert returns the root too'),
  'ca-certificates': { value: 'WHAT', description: 'What GetCACert returns', choices: ['single', 'chain'] },
  'reply-certificates': {
    value: 'WHAT',
    description: 'What a reply carries',
    choices: ['leaf', 'leaf_issuer', 'leaf_chain'],
  },
  'allow-sha1': onOff('Take messages signed with SHA-1 (weak)'),
  'allow-3des': onOff('Take messages encrypted with 3DES (weak)'),
  'allow-des': onOff('Take messages encrypted with single DES (weak, against RFC 8894)'),
  'signer-key': {
    value: 'POLICY',
    description: 'Whether another key than the one to be certified may sign',
    choices: ['must_match_csr', 'allow_with_challenge'],
  },
  'trusted-signer': {
    value: 'SHA256',
    description: 'Fingerprint of a proxy certificate to pin; all of them, or "none"',
    repeats: true,
  },
  renewal: onOff('Devices may renew by their certificate'),
  'renewal-by-pkcsreq': onOff('An enrolment request signed by an issued certificate is a renewal'),
  'renewal-window': { value: 'DAYS', description: 'Days before its end; "default" for the last third, 30 at most' },
  'renewal-challenge': {
    value: 'WHAT',
    description: 'What a challenge in a renewal is for',
    choices: ['required', 'optional', 'ignored'],
  },
  'supersede-after': { value: 'HOURS', description: 'Hours until a renewed certificate is revoked; "never"' },
  validity: { value: 'DAYS', description: 'How long certificates live' },
  backdate: { value: 'MINUTES', description: 'How long before its making a certificate begins' },
  'min-rsa': { value: 'BITS', description: 'The least RSA size', choices: ['2048', '3072', '4096'] },
  curve: { value: 'CURVE', description: 'An elliptic curve that is allowed; all of them, or "none"', repeats: true },
  usage: { value: 'OID', description: 'An extended key usage; all of them', repeats: true },
} as const satisfies Record<string, Option>

type SettingValues = {
  [Name in keyof typeof SETTING_OPTIONS]: (typeof SETTING_OPTIONS)[Name] extends { repeats: true }
    ? string[]
    : string | undefined
}

/** What was given, and nothing else. */
export function changeFrom(options: SettingValues): EndpointChange {
  const profile = given({
    validityDays: whole('validity', options.validity),
    backdateMinutes: whole('backdate', options.backdate),
    minRsaBits: whole('min-rsa', options['min-rsa']),
    ellipticCurves: list(options.curve),
    extendedKeyUsage: list(options.usage),
  })
  const change = given({
    policy: options.policy as EndpointChange['policy'],
    challengeTtlMinutes: whole('challenge-ttl', options['challenge-ttl']),
    challengeFormat: options['challenge-format'] as EndpointChange['challengeFormat'],
    revokeOnSecondKey: isOn(options['revoke-on-second-key']),
    validatorId: options.validator === 'none' ? null : options.validator,
    approvalsRequired: whole('approvals', options.approvals),
    pendingTtlHours: whole('pending-hours', options['pending-hours']),
    approveWrongChallenge: isOn(options['approve-wrong-challenge']),
    includeRoot: isOn(options['include-root']),
    caCertificates: options['ca-certificates'] as EndpointChange['caCertificates'],
    replyCertificates: options['reply-certificates'] as EndpointChange['replyCertificates'],
    allowSha1: isOn(options['allow-sha1']),
    allow3des: isOn(options['allow-3des']),
    allowDes: isOn(options['allow-des']),
    signerKeyPolicy: options['signer-key'] as EndpointChange['signerKeyPolicy'],
    trustedProxySigners: list(options['trusted-signer']),
    renewal: isOn(options.renewal),
    renewalByPkcsReq: isOn(options['renewal-by-pkcsreq']),
    renewalWindowDays: wholeOr('renewal-window', options['renewal-window'], 'default'),
    renewalChallenge: options['renewal-challenge'] as EndpointChange['renewalChallenge'],
    supersedeAfterHours: wholeOr('supersede-after', options['supersede-after'], 'never'),
  })
  return { ...change, ...(Object.keys(profile).length === 0 ? {} : { profile }) }
}

function isOn(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'on'
}

function whole(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new UsageFault(`--${option} takes a whole number.`)
}

function wholeOr(option: string, value: string | undefined, none: string): number | null | undefined {
  if (value === none) return null
  if (value === undefined || /^\d{1,9}$/.test(value)) return whole(option, value)
  throw new UsageFault(`--${option} takes a whole number, or "${none}".`)
}

/** Not given at all: as it is. */
function list(values: string[]): string[] | undefined {
  if (values.length === 0) return undefined
  return values.length === 1 && values[0] === 'none' ? [] : values
}

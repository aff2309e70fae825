/** The options of `challenge mint` that ask more of the request than its names. */
import {
  type ChallengeRules,
  MESSAGE_TYPES,
  SAN_MODES,
  SIGNATURE_HASHES,
  SUBJECT_MODES,
} from '@/lib/services/challenge-rules'
import { RulesShape } from '@/lib/services/challenge-rules-shape'
import { given, type Option, UsageFault, type Values, wholeNumber } from './command'

export const RULE_OPTIONS = {
  'subject-mode': {
    value: 'MODE',
    description: 'exact (as given, in this order) or template (any order, with --allow-part beside)',
    choices: SUBJECT_MODES,
  },
  'allow-part': {
    value: 'TYPE',
    description: 'Part that the request may add to the subject, such as OU',
    repeats: true,
  },
  'san-mode': {
    value: 'MODE',
    description: 'subset (the request may leave names out) or exact',
    choices: SAN_MODES,
  },
  key: { value: 'ALGORITHM', description: 'Kind of key: RSA, EC or Ed25519', repeats: true },
  'min-bits': { value: 'BITS', description: 'Smallest RSA key' },
  'max-bits': { value: 'BITS', description: 'Largest RSA key' },
  curve: { value: 'CURVE', description: 'Elliptic curve: P-256, P-384 or P-521', repeats: true },
  spki: { value: 'SHA256', description: 'This public key alone: SHA-256 of its SubjectPublicKeyInfo in hex' },
  'signature-hash': {
    value: 'HASH',
    description: `Hash of the signature of the request: ${SIGNATURE_HASHES.join(', ')}`,
    repeats: true,
  },
  eku: {
    value: 'USAGE',
    description: 'Extended key usage out of the profile: clientAuth, serverAuth, emailProtection or an OID',
    repeats: true,
  },
  serial: { value: 'SERIAL', description: 'Serial number of the device' },
  udid: { value: 'UDID', description: 'Id of the device' },
  'max-days': { value: 'DAYS', description: 'Longest validity of the certificate' },
  message: { value: 'TYPE', description: `For ${MESSAGE_TYPES.join(' or ')} alone`, choices: MESSAGE_TYPES },
} as const satisfies Record<string, Option>

/** Undefined when no rule was given. */
export function rulesFrom(options: Values<typeof RULE_OPTIONS>): ChallengeRules | undefined {
  const rules = given({
    subjectMode: options['subject-mode'],
    extraSubjectParts: listed(options['allow-part']),
    sanMode: options['san-mode'],
    keyAlgorithms: listed(options.key),
    minRsaBits: wholeNumber('min-bits', options['min-bits'], 2048, 8192),
    maxRsaBits: wholeNumber('max-bits', options['max-bits'], 2048, 8192),
    curves: listed(options.curve),
    spkiSha256: options.spki,
    signatureHashes: listed(options['signature-hash']),
    extendedKeyUsage: listed(options.eku),
    deviceSerial: options.serial,
    deviceUdid: options.udid,
    maxValidityDays: wholeNumber('max-days', options['max-days'], 1, 3650),
    messageTypes: options.message === undefined ? undefined : [options.message],
  })
  if (Object.keys(rules).length === 0) return undefined
  const checked = RulesShape.safeParse(rules)
  if (checked.success) return checked.data
  const option = OPTION_OF[String(checked.error.issues[0]?.path[0])] ?? 'key'
  throw new UsageFault(`--${option} has a value that is not known. See --help.`)
}

const OPTION_OF: Readonly<Record<string, string>> = {
  keyAlgorithms: 'key',
  curves: 'curve',
  signatureHashes: 'signature-hash',
  extraSubjectParts: 'allow-part',
  extendedKeyUsage: 'eku',
  spkiSha256: 'spki',
  deviceSerial: 'serial',
  deviceUdid: 'udid',
}

function listed(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values
}

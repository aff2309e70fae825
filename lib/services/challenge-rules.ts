/** Beyond its names, what a challenge may ask of the request: key, signature, usages, device, validity. Checked when minted. */
import { Refusal } from '@/lib/errors'
import { attributeName, attributeOid } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'

export const SUBJECT_MODES = ['exact', 'template'] as const
export const SAN_MODES = ['subset', 'exact'] as const
export const KEY_ALGORITHMS = ['RSA', 'EC', 'Ed25519'] as const
export const CURVES = ['P-256', 'P-384', 'P-521'] as const
export const SIGNATURE_HASHES = ['sha1', 'sha256', 'sha384', 'sha512'] as const
export const MESSAGE_TYPES = ['PKCSReq', 'RenewalReq'] as const

/** Each is optional: what is not said is not asked, and the profile holds as ever. */
export interface ChallengeRules {
  /** `exact` unless said: these parts, in this order. `template`: in any order, with those of `extraSubjectParts` beside. */
  subjectMode?: (typeof SUBJECT_MODES)[number]
  /** Short names of parts that the request may add; they come after the bound ones in the certificate. */
  extraSubjectParts?: string[]
  /**
   * The request may add one CN or OU that is a UUID: the identifier of the profile that brought it, by which Jamf Pro finds
   * the certificate again. Only with `template`.
   */
  profileIdentifier?: boolean
  /** `subset` unless said: the request may leave bound names out. `exact`: it must ask for all of them. */
  sanMode?: (typeof SAN_MODES)[number]
  keyAlgorithms?: (typeof KEY_ALGORITHMS)[number][]
  /** Of an RSA key. */
  minRsaBits?: number
  maxRsaBits?: number
  curves?: (typeof CURVES)[number][]
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex: this key and no other. */
  spkiSha256?: string
  /** Of the request's own signature. */
  signatureHashes?: (typeof SIGNATURE_HASHES)[number][]
  /** Object identifiers out of the profile's: the certificate carries these alone. */
  extendedKeyUsage?: string[]
  /** Holds for a serial number (SERIALNUMBER) or device id (UID) that the request names. */
  deviceSerial?: string
  deviceUdid?: string
  maxValidityDays?: number
  messageTypes?: (typeof MESSAGE_TYPES)[number][]
}

/** What the profile allows, within which a challenge may be narrower. */
export interface RuledProfile {
  extendedKeyUsage: string[]
}

/** Names that people and MDMs use for the usages that a profile may have. */
export const USAGE_NAMES: Readonly<Record<string, string>> = {
  clientAuth: OID.clientAuth,
  serverAuth: OID.serverAuth,
  emailProtection: OID.emailProtection,
}

const OBJECT_IDENTIFIER = /^[0-2](\.(0|[1-9]\d{0,9})){1,15}$/
const DEVICE_ID = /^[\x21-\x7e]{1,128}$/
const MOST_DAYS = 3650

/** Refuses, naming the field, what contradicts itself or the profile. Null when nothing is asked. */
export function checkedRules(rules: ChallengeRules | undefined, profile: RuledProfile): ChallengeRules | null {
  if (rules === undefined) return null
  const checked: ChallengeRules = {
    ...one('subjectMode', rules.subjectMode, SUBJECT_MODES),
    ...extraParts(rules),
    ...(rules.profileIdentifier === true && rules.subjectMode === 'template' ? { profileIdentifier: true } : {}),
    ...one('sanMode', rules.sanMode, SAN_MODES),
    ...some('keyAlgorithms', rules.keyAlgorithms, KEY_ALGORITHMS),
    ...bits(rules),
    ...some('curves', rules.curves, CURVES),
    ...keyHash(rules.spkiSha256),
    ...some('signatureHashes', rules.signatureHashes, SIGNATURE_HASHES),
    ...usages(rules.extendedKeyUsage, profile),
    ...deviceId('deviceSerial', rules.deviceSerial),
    ...deviceId('deviceUdid', rules.deviceUdid),
    ...days(rules.maxValidityDays),
    ...some('messageTypes', rules.messageTypes, MESSAGE_TYPES),
  }
  return Object.keys(checked).length === 0 ? null : checked
}

function one<Field extends string, Value extends string>(
  field: Field,
  value: Value | undefined,
  known: readonly Value[],
): { [field in Field]?: Value } {
  if (value === undefined) return {}
  if (!known.includes(value)) refuse(field, `Choose one of ${known.join(', ')}.`)
  return { [field]: value } as { [field in Field]?: Value }
}

/** An empty list asks for nothing. */
function some<Field extends string, Value extends string>(
  field: Field,
  values: Value[] | undefined,
  known: readonly Value[],
): { [field in Field]?: Value[] } {
  if (values === undefined || values.length === 0) return {}
  if (values.some((value) => !known.includes(value))) refuse(field, `Choose from ${known.join(', ')}.`)
  return { [field]: [...new Set(values)] } as { [field in Field]?: Value[] }
}

function extraParts({
  subjectMode,
  extraSubjectParts = [],
}: ChallengeRules): Pick<ChallengeRules, 'extraSubjectParts'> {
  if (extraSubjectParts.length === 0) return {}
  if (subjectMode !== 'template')
    refuse('extraSubjectParts', 'Parts may be added only where the subject is compared as a template.')
  if (extraSubjectParts.length > 20) refuse('extraSubjectParts', 'At most 20 parts.')
  const names = extraSubjectParts.map((type) => {
    try {
      return attributeName(attributeOid(type.trim()))
    } catch {
      return refuse('extraSubjectParts', `"${type.slice(0, 40)}" is not a known part of a subject.`)
    }
  })
  return { extraSubjectParts: [...new Set(names)] }
}

function bits({ minRsaBits, maxRsaBits }: ChallengeRules): Pick<ChallengeRules, 'minRsaBits' | 'maxRsaBits'> {
  for (const [field, value] of Object.entries({ minRsaBits, maxRsaBits })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 2048 && value <= 8192))
      refuse(field, 'RSA keys have from 2048 to 8192 bits.')
  }
  if (minRsaBits !== undefined && maxRsaBits !== undefined && minRsaBits > maxRsaBits)
    refuse('maxRsaBits', 'The largest key is smaller than the smallest one.')
  return { ...(minRsaBits === undefined ? {} : { minRsaBits }), ...(maxRsaBits === undefined ? {} : { maxRsaBits }) }
}

/** As openssl prints it, with or without colons. */
function keyHash(text: string | undefined): Pick<ChallengeRules, 'spkiSha256'> {
  if (text === undefined || text === '') return {}
  const hex = text.replaceAll(/[\s:]/g, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex)) refuse('spkiSha256', 'The hash of a public key is SHA-256 in hex, 64 digits.')
  return { spkiSha256: hex }
}

function usages(values: string[] | undefined, profile: RuledProfile): Pick<ChallengeRules, 'extendedKeyUsage'> {
  if (values === undefined || values.length === 0) return {}
  const oids = values.map((value) => USAGE_NAMES[value] ?? value)
  const beyond = oids.find((oid) => !OBJECT_IDENTIFIER.test(oid) || !profile.extendedKeyUsage.includes(oid))
  if (beyond !== undefined)
    refuse('extendedKeyUsage', `The profile of this endpoint does not grant "${beyond.slice(0, 40)}".`)
  return { extendedKeyUsage: [...new Set(oids)] }
}

function deviceId<Field extends 'deviceSerial' | 'deviceUdid'>(
  field: Field,
  value: string | undefined,
): { [field in Field]?: string } {
  const text = value?.trim() ?? ''
  if (text === '') return {}
  if (!DEVICE_ID.test(text)) refuse(field, 'Use letters, digits and signs without spaces, 128 at most.')
  return { [field]: text } as { [field in Field]?: string }
}

function days(maxValidityDays: number | undefined): Pick<ChallengeRules, 'maxValidityDays'> {
  if (maxValidityDays === undefined) return {}
  if (!(Number.isInteger(maxValidityDays) && maxValidityDays >= 1 && maxValidityDays <= MOST_DAYS))
    refuse('maxValidityDays', `From 1 to ${MOST_DAYS} days.`)
  return { maxValidityDays }
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

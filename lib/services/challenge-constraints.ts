/** What a challenge binds: the names a person or an MDM asked for, checked once when it is minted. */
import { Refusal } from '@/lib/errors'
import { parseIp } from '@/lib/pki/ip'
import { parseNameText } from '@/lib/pki/name'
import { ATTRIBUTE_OID } from '@/lib/pki/oid'
import { canonicalSan } from '@/lib/pki/san'
import type { ChallengeConstraints, RelativeName, SanType, SubjectAlternativeName } from './challenges'

export const MAX_SUBJECT_ALTERNATIVE_NAMES = 100
const MAX_RELATIVE_NAMES = 20

/** RFC 5280 appendix A.1 upper bounds, by the short names of lib/pki/oid. What is not listed here is refused. */
const MAX_LENGTH: Readonly<Record<string, number>> = {
  CN: 64,
  SN: 40,
  SERIALNUMBER: 64,
  C: 2,
  L: 128,
  ST: 128,
  STREET: 128,
  POSTALCODE: 40,
  O: 64,
  OU: 64,
  T: 64,
  GN: 64,
  DNQUALIFIER: 64,
  ORGANIZATIONIDENTIFIER: 64,
  UID: 256,
  DC: 63,
  E: 255,
  UNSTRUCTUREDNAME: 255,
}

const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  EMAILADDRESS: 'E',
  EMAIL: 'E',
  S: 'ST',
  TITLE: 'T',
  GIVENNAME: 'GN',
  G: 'GN',
  SURNAME: 'SN',
  SERIAL: 'SERIALNUMBER',
}

/** Control, format (bidi overrides among them), surrogate, private and unassigned characters, line and paragraph ends. */
const UNSEEN_CHARACTER = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

/** Jamf and Kandji $EMAIL, Intune {{DeviceId}}, Mosyle %Email%, Workspace ONE {EmailAddress}. */
const MDM_VARIABLE =
  /\$\{[^{}]{1,64}\}|\$[A-Z][A-Z0-9_]{1,63}|\{\{[^{}]{1,64}\}\}|\{[A-Za-z][\w.]{1,63}\}|%[A-Za-z][\w.]{1,63}%/

/** The first placeholder an MDM should have replaced and did not, or null. */
export function unresolvedVariable(value: string): string | null {
  return MDM_VARIABLE.exec(value)?.[0] ?? null
}

/** Refuses, naming the field, what no certificate should say; returns the names as they will be compared and issued. */
export function checkedConstraints(
  subject: string | RelativeName[],
  san: SubjectAlternativeName[],
): ChallengeConstraints {
  const names = checkedSubject(typeof subject === 'string' ? namesOfText(subject) : subject)
  const alternatives = checkedAlternatives(san)
  if (names.length === 0 && alternatives.length === 0) {
    refuse('subject', 'Name the device: a subject such as "CN=tablet-7", or a subject alternative name.')
  }
  return { v: 1, subject: names, san: alternatives }
}

/** One line of text for a person: no invisible characters, not too long. Null when it is empty. */
export function checkedText(field: string, value: string | undefined, maxLength: number): string | null {
  const text = value?.normalize('NFC').trim() ?? ''
  if (text === '') return null
  if (UNSEEN_CHARACTER.test(text)) refuse(field, 'Leave out control and invisible characters.')
  if (text.length > maxLength) refuse(field, `Use at most ${maxLength} characters.`)
  return text
}

/** A name in the one spelling that comparison uses; the type is part of it. */
export function canonicalName(san: SubjectAlternativeName): string {
  return `${san.type}:${canonicalSan({ ...san, value: san.value.trim() }).value}`
}

function namesOfText(text: string): RelativeName[] {
  return text.trim() === '' ? [] : parseNameText(text)
}

function checkedSubject(names: RelativeName[]): RelativeName[] {
  if (names.length > MAX_RELATIVE_NAMES) refuse('subject', `A subject has at most ${MAX_RELATIVE_NAMES} parts.`)
  return names.map(({ type, value }) => checkedRelativeName(type, value))
}

function checkedRelativeName(type: string, value: string): RelativeName {
  const name = shortNameOf(type)
  const maxLength = name === undefined ? undefined : MAX_LENGTH[name]
  if (name === undefined || maxLength === undefined) {
    refuse(
      'subject',
      `"${printable(type)}" is not a known part of a subject. Known are ${Object.keys(MAX_LENGTH).join(', ')}.`,
    )
  }
  const text = value.normalize('NFC').trim()
  if (text === '') refuse('subject', `${name} is empty.`)
  refuseUnfit('subject', name, text)
  if (text.length > maxLength) refuse('subject', `${name} may have at most ${maxLength} characters.`)
  if (name === 'C' && !/^[A-Za-z]{2}$/.test(text)) refuse('subject', 'C is a country code of two letters, such as CH.')
  if (name === 'DC' && !LABEL.test(text)) refuse('subject', 'DC is one part of a domain name, such as example.')
  if (name === 'E' && !isEmail(text)) refuse('subject', 'E must be an e-mail address.')
  return { type: name, value: text }
}

function shortNameOf(type: string): string | undefined {
  const wanted = type.trim().replace(/^OID\./i, '')
  const upper = wanted.toUpperCase()
  if (Object.hasOwn(MAX_LENGTH, upper)) return upper
  if (Object.hasOwn(OTHER_SPELLINGS, upper)) return OTHER_SPELLINGS[upper]
  return Object.keys(ATTRIBUTE_OID).find((name) => ATTRIBUTE_OID[name] === wanted)
}

function checkedAlternatives(names: SubjectAlternativeName[]): SubjectAlternativeName[] {
  if (names.length > MAX_SUBJECT_ALTERNATIVE_NAMES) {
    refuse('san', `At most ${MAX_SUBJECT_ALTERNATIVE_NAMES} subject alternative names fit on one certificate.`)
  }
  const seen = new Set<string>()
  return names.map(checkedAlternative).filter((san) => {
    const key = canonicalName(san)
    return !seen.has(key) && seen.add(key)
  })
}

function checkedAlternative({ type, value }: SubjectAlternativeName): SubjectAlternativeName {
  if (!Object.hasOwn(SYNTAX, type))
    refuse('san', `"${printable(type)}" is not a known kind of name: use dns, email, uri, upn or ip.`)
  const text = value.normalize('NFC').trim()
  refuseUnfit('san', type, text)
  const { holds, example } = SYNTAX[type]
  if (!holds(text)) refuse('san', `"${printable(text)}" is not a valid ${type} name. Example: ${example}`)
  // Active Directory reads an account's security identifier out of such a URI: whoever may name one may become anybody.
  if (type === 'uri' && SID_URI.test(text))
    refuse('san', 'A URI that carries a Windows security identifier is not allowed here.')
  return canonicalSan({ type, value: text })
}

function refuseUnfit(field: string, name: string, text: string): void {
  if (UNSEEN_CHARACTER.test(text)) refuse(field, `${name} holds control or invisible characters. Type it again.`)
  const variable = unresolvedVariable(text)
  if (variable !== null) {
    refuse(
      field,
      `${name} still holds the variable ${variable}. Let the device management replace it, or write the value itself.`,
    )
  }
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

function printable(text: string): string {
  return text.replaceAll(new RegExp(UNSEEN_CHARACTER, 'gu'), '?').slice(0, 80)
}

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const LOCAL_PART = /^[A-Za-z0-9!#$&'*+/=?^_`{|}~.-]{1,64}$/
export const SID_URI = /^tag:microsoft\.com,2022-09-14:sid:/i

const SYNTAX: Readonly<Record<SanType, { holds(value: string): boolean; example: string }>> = {
  dns: { holds: isDomain, example: 'tablet-7.example.com' },
  email: { holds: isEmail, example: 'ada@example.com' },
  uri: { holds: isUri, example: 'https://example.com/devices/7' },
  upn: { holds: isPrincipal, example: 'ada@example.com' },
  ip: { holds: isAddress, example: '192.0.2.7 or 2001:db8::7' },
}

function isDomain(value: string): boolean {
  return value.length <= 253 && value.split('.').every((label) => LABEL.test(label)) && !/^[\d.]+$/.test(value)
}

function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@')
  const local = value.slice(0, at)
  return at > 0 && LOCAL_PART.test(local) && !/^\.|\.\.|\.$/.test(local) && isDomain(value.slice(at + 1))
}

function isPrincipal(value: string): boolean {
  return (
    value.length <= 256 && /^[^\s@]{1,192}@[^\s@]+$/.test(value) && isDomain(value.slice(value.lastIndexOf('@') + 1))
  )
}

function isUri(value: string): boolean {
  return value.length <= 2048 && /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(value) && URL.canParse(value)
}

function isAddress(value: string): boolean {
  try {
    return parseIp(value).length > 0
  } catch {
    return false
  }
}

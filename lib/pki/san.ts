/** Subject alternative names (RFC 5280 §4.2.1.6): the kinds we issue, in DER and as plain values. */
import { Refusal } from '@/lib/errors'
import { constructedContext, DerError, parseDer, primitiveContext, TAG, type Tlv } from './der'
import { oidOf, textOf } from './der-values'
import { context, encode, isAscii, oid, sequence, utf8String } from './der-write'
import { ipText, parseIp } from './ip'
import { OID } from './oid'

export type San = { type: 'dns' | 'email' | 'uri' | 'upn' | 'ip'; value: string }

/** No device has more. */
const MAX_NAMES = 100
const OTHER_NAME = constructedContext(0)
const EMAIL = primitiveContext(1)
const DNS = primitiveContext(2)
const URI = primitiveContext(6)
const IP = primitiveContext(7)

/** GeneralNames, DER. Throws Refusal for a value that is not of its type. */
export function encodeSan(names: readonly San[]): Uint8Array {
  if (names.length > MAX_NAMES) throw invalid(`A certificate has at most ${MAX_NAMES} alternative names.`)
  return sequence(...names.map(encodeGeneralName))
}

/**
 * The names of a subjectAltName value. `unknown` says whether a name of another kind, or with a control character in
 * it, is an error or passed over: what reads "bank.example\0.evil.example" one way here may read it another way there.
 */
export function parseSan(value: Uint8Array, unknown: 'refuse' | 'skip'): San[] {
  const root = parseDer(value)
  if (root.tag !== TAG.sequence) throw new DerError('GeneralNames is a SEQUENCE')
  const names: San[] = []
  for (const name of root.children(MAX_NAMES)) {
    const known = parseGeneralName(name)
    if (known && !/\p{Cc}/u.test(known.value)) names.push(known)
    else if (unknown === 'skip') continue
    else if (known) throw new DerError('a control character in an alternative name')
    else throw new DerError('an alternative name of a kind we do not issue', 'unsupported')
  }
  return names
}

/** The spelling under which equal names are equal: case where it does not matter, one text per address. */
export function canonicalSan({ type, value }: San): San {
  if (type === 'ip') return { type, value: ipText(parseIp(value)) }
  if (type === 'dns' || type === 'upn') return { type, value: value.toLowerCase() }
  if (type === 'email') return { type, value: value.replace(/@[^@]*$/, (domain) => domain.toLowerCase()) }
  return { type, value }
}

/** Checks a value that a person or an API caller gave; returns it canonical. Throws Refusal (`invalid_input`). */
export function checkSan(name: San): San {
  const { type, value } = name
  if (value.length > 253 && type !== 'uri') throw invalid(`The ${type} name is longer than 253 characters.`)
  if (value.length > 2048) throw invalid('The URI is longer than 2048 characters.')
  const wrong = (what: string): Refusal => invalid(`"${value}" is not ${what}.`)
  if (type === 'dns' && !DNS_NAME.test(value)) throw wrong('a DNS name')
  if (type === 'email' && !(isAscii(value) && /^[^\s@<>"]+@[^\s@<>"]+$/.test(value))) throw wrong('an e-mail address')
  if (type === 'uri' && !(isAscii(value) && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(value))) throw wrong('a URI')
  if (type === 'upn' && !/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(value)) throw wrong('a user principal name')
  if (type === 'ip') return { type, value: ipText(ipOrRefuse(value)) }
  return canonicalSan(name)
}

const DNS_NAME =
  /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/

function ipOrRefuse(value: string): Uint8Array {
  try {
    return parseIp(value)
  } catch {
    throw invalid(`"${value}" is not an IP address.`)
  }
}

function encodeGeneralName(name: San): Uint8Array {
  const { type, value } = checkSan(name)
  switch (type) {
    case 'dns':
      return encode(DNS, Buffer.from(value, 'latin1'))
    case 'email':
      return encode(EMAIL, Buffer.from(value, 'latin1'))
    case 'uri':
      return encode(URI, Buffer.from(value, 'latin1'))
    case 'upn':
      return encode(OTHER_NAME, oid(OID.userPrincipalName), context(0, utf8String(value)))
    case 'ip':
      return encode(IP, parseIp(value))
  }
}

function parseGeneralName(name: Tlv): San | null {
  const text = (): string => textOf({ tag: TAG.ia5String, content: name.content })
  switch (name.tag) {
    case DNS:
      return { type: 'dns', value: text() }
    case EMAIL:
      return { type: 'email', value: text() }
    case URI:
      return { type: 'uri', value: text() }
    case IP:
      return { type: 'ip', value: ipText(name.content) }
    case OTHER_NAME:
      return parseOtherName(name)
    default:
      return null
  }
}

function parseOtherName(name: Tlv): San | null {
  const reader = name.open()
  const type = oidOf(reader.next(TAG.oid).content)
  const value = reader.next(constructedContext(0)).open()
  reader.finish()
  if (type !== OID.userPrincipalName) return null
  const text = textOf(value.next(TAG.utf8String))
  value.finish()
  return { type: 'upn', value: text }
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'bad_san', fields: { san: sentence } })
}

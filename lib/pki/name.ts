/** Distinguished names: DER to attributes and back, text as people write it, and when two of them are equal. */
import { Refusal } from '@/lib/errors'
import { DerError, parseDer, TAG, type Tlv } from './der'
import { oidOf, textOf } from './der-values'
import { directoryString, encode, ia5String, isAscii, isPrintable, oid, printableString, sequence } from './der-write'
import { ATTRIBUTE_OID } from './oid'

/** One attribute: `type` is a short name of ATTRIBUTE_OID or a dotted object identifier. */
export interface NamePart {
  type: string
  value: string
}

export interface NameAttribute extends NamePart {
  /** Dotted object identifier. */
  type: string
  /** Identifier octet of the string type as received. */
  tag: number
}

/** A name with more is not a device's name. */
const MAX_ATTRIBUTES = 20

/** The attributes in the order of the DER, multi-valued RDNs flattened. Throws DerError. */
export function parseName(der: Uint8Array): NameAttribute[] {
  return parseRdns(der).flat()
}

/** DER of the name, one attribute per RDN, in the order given. Throws Refusal for what no certificate may say. */
export function encodeName(attributes: readonly NamePart[]): Uint8Array {
  const rdns = attributes.map(({ type, value }) => {
    checkPart(type, value)
    const dotted = attributeOid(type)
    return encode(TAG.set, sequence(oid(dotted), encodeValue(dotted, value)))
  })
  if (rdns.length > MAX_ATTRIBUTES) throw invalid(`A name has at most ${MAX_ATTRIBUTES} parts.`)
  return sequence(...rdns)
}

/** "CN=tablet-7,O=Example": RFC 4514 escapes, but in the order of the DER, as people write and read it. */
export function nameToText(der: Uint8Array): string {
  const part = ({ type, value }: NamePart): string => `${attributeName(type)}=${escapeValue(value)}`
  return parseRdns(der)
    .map((rdn) => rdn.map(part).join('+'))
    .join(',')
}

/**
 * Reads what nameToText writes and people type. Throws Refusal (`invalid_input`) with a sentence naming the problem.
 */
export function parseNameText(text: string): NamePart[] {
  const parts = splitUnescaped(text).map((rdn): NamePart => {
    const equals = rdn.indexOf('=')
    const typed = rdn.slice(0, equals).trim()
    if (equals < 1) throw invalid(`"${rdn.trim()}" is not a part of a name. Write parts like CN=tablet-7.`)
    const type = attributeName(attributeOid(typed))
    const value = unescapeValue(rdn.slice(equals + 1))
    checkPart(type, value)
    return { type, value }
  })
  if (parts.length > MAX_ATTRIBUTES) throw invalid(`A name has at most ${MAX_ATTRIBUTES} parts.`)
  return parts
}

/**
 * Equal types in equal order, values compared as people read them (case-folded, white space collapsed, any string
 * type): clients re-encode names, and byte-exact matching has stranded fleets. Types may be given either way, and one
 * that no certificate of ours could hold equals itself: received names are compared, not judged.
 */
export function namesEqual(a: readonly NamePart[], b: readonly NamePart[]): boolean {
  return a.length === b.length && a.every((part, at) => comparable(part) === comparable(b[at]))
}

/** The value under comparison rules (RFC 5280 §7.1, RFC 4518 in spirit). */
function comparable(part: NamePart | undefined): string | undefined {
  if (!part) return undefined
  const value = part.value.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
  return `${knownOid(part.type) ?? part.type}=${value}`
}

/** The dotted object identifier of a short name; a dotted one is returned as it is. */
export function attributeOid(type: string): string {
  const dotted = knownOid(type)
  if (dotted) return dotted
  if (/^[0-2](\.(0|[1-9]\d{0,9})){1,15}$/.test(type)) return type
  throw invalid(
    `"${type}" is not a name attribute we know. Use CN, O, OU, C, L, ST, DC, UID, E or an object identifier.`,
  )
}

function knownOid(type: string): string | undefined {
  const upper = type.toUpperCase()
  return ATTRIBUTE_OID[ALIASES[upper] ?? upper]
}

/** The short name of a dotted object identifier, or the identifier itself. */
export function attributeName(dotted: string): string {
  return SHORT_NAMES.get(dotted) ?? dotted
}

const SHORT_NAMES = new Map(Object.entries(ATTRIBUTE_OID).map(([name, dotted]) => [dotted, name]))
const ALIASES: Readonly<Record<string, string>> = { EMAILADDRESS: 'E', EMAIL: 'E', S: 'ST', USERID: 'UID' }

/** Upper bounds of RFC 5280 appendix A.1 where they bite; 255 elsewhere. */
const MAX_LENGTH: Readonly<Record<string, number>> = {
  CN: 64,
  O: 64,
  OU: 64,
  SERIALNUMBER: 64,
  L: 128,
  ST: 128,
  DC: 63,
}

function checkPart(type: string, value: string): void {
  const name = attributeName(attributeOid(type))
  const limit = MAX_LENGTH[name] ?? 255
  if (value.trim() === '') throw invalid(`${name} is empty.`)
  if ([...value].length > limit) throw invalid(`${name} is longer than ${limit} characters.`)
  if (/\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Cn}/u.test(value))
    throw invalid(`${name} contains a control or invisible character.`)
  if (name === 'C' && !/^[A-Za-z]{2}$/.test(value)) throw invalid('C is a country code of two letters.')
  if (IA5_TYPES.has(attributeOid(type)) && !isAscii(value)) throw invalid(`${name} holds ASCII characters only.`)
  if (name === 'SERIALNUMBER' && !isPrintable(value))
    throw invalid('SERIALNUMBER holds plain letters, digits and a few signs.')
}

const IA5_TYPES = new Set([ATTRIBUTE_OID.DC, ATTRIBUTE_OID.E])
const PRINTABLE_TYPES = new Set([ATTRIBUTE_OID.C, ATTRIBUTE_OID.SERIALNUMBER, ATTRIBUTE_OID.DNQUALIFIER])

function encodeValue(dotted: string, value: string): Uint8Array {
  if (IA5_TYPES.has(dotted)) return ia5String(value)
  return PRINTABLE_TYPES.has(dotted) && isPrintable(value) ? printableString(value) : directoryString(value)
}

/** The RDNs in the order of the DER. Throws DerError. */
export function parseRdns(der: Uint8Array): NameAttribute[][] {
  const root = parseDer(der)
  if (root.tag !== TAG.sequence) throw new DerError('a Name is a SEQUENCE')
  return root.children(MAX_ATTRIBUTES).map((rdn) => {
    const attributes = rdn.tag === TAG.set ? rdn.children(MAX_ATTRIBUTES) : []
    if (attributes.length === 0) throw new DerError('an RDN without attributes')
    return attributes.map(parseAttribute)
  })
}

function parseAttribute(attribute: Tlv): NameAttribute {
  if (attribute.tag !== TAG.sequence) throw new DerError('an attribute is a SEQUENCE')
  const reader = attribute.open()
  const type = oidOf(reader.next(TAG.oid).content)
  const value = reader.next()
  reader.finish()
  return { type, value: textOf(value), tag: value.tag }
}

function escapeValue(value: string): string {
  return value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/\p{Cc}/gu, (control) => Buffer.from(control).toString('hex').toUpperCase().replace(/../g, '\\$&'))
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
}

/**
 * Splits at commas that no backslash precedes; a bare '+' would join two attributes into one RDN, which we do not
 * write.
 */
function splitUnescaped(text: string): string[] {
  const parts = ['']
  for (const [piece] of text.matchAll(/\\.?|[^\\]/gsu)) {
    if (piece === '+') throw invalid('Put a backslash before "+" in a name, or use a comma between two parts.')
    if (piece === ',') parts.push('')
    else parts[parts.length - 1] += piece
  }
  if (parts.length === 1 && parts[0]?.trim() === '')
    throw invalid('Give at least one part of a name, such as CN=tablet-7.')
  return parts
}

function unescapeValue(text: string): string {
  const pieces: Uint8Array[] = []
  const trimmed = text.trimStart().replace(/(?<!\\) +$/, '')
  for (const [piece] of trimmed.matchAll(/\\[0-9a-fA-F]{2}|\\.?|[^\\]/gsu)) {
    if (/^\\[0-9a-fA-F]{2}$/.test(piece)) pieces.push(Buffer.from(piece.slice(1), 'hex'))
    else if (/^\\[ "#+,;<=>\\]$/.test(piece)) pieces.push(Buffer.from(piece.slice(1)))
    else if (piece.startsWith('\\') || /["<>;]/.test(piece))
      throw invalid(`Put a backslash before ${piece[0]} in a name.`)
    else pieces.push(Buffer.from(piece))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  } catch {
    throw invalid('A \\XX escape in the name is not UTF-8.')
  }
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'bad_name', fields: { subject: sentence } })
}

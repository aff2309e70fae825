/**
 * Subject templates: which names a request may carry where no challenge binds it to exact ones. First a subject, then
 * any number of alternative names that are allowed beside it: "CN=printer-*,O=Example; dns:*.example.com".
 */
import { Refusal } from '@/lib/errors'
import { attributeName, attributeOid, type NamePart, parseNameText } from '@/lib/pki/name'
import { ATTRIBUTE_OID } from '@/lib/pki/oid'
import { blockOf, isWithin } from './address-list'
import { checkedConstraints, unresolvedVariable } from './challenge-constraints'
import type { ChallengeConstraints, SanType, SubjectAlternativeName } from './challenges'

export interface SubjectTemplate {
  /** In canonical text: what is stored and shown. */
  text: string
  /** Every part of the request's subject matches one of these, and every one of these is there. */
  subject: NamePart[]
  san: { type: SanType; pattern: string }[]
}

/** As they are asked: types short or dotted, values as a request encodes them. */
export interface AskedNames {
  subject: readonly NamePart[]
  san: readonly SubjectAlternativeName[]
}

export type TemplateVerdict = { fits: true; constraints: ChallengeConstraints } | { fits: false; detail: string }

const MAX_TEXT = 1_000
const MAX_ENTRIES = 21
const SAN_TYPES: readonly SanType[] = ['dns', 'email', 'uri', 'upn', 'ip']
/** What a star never stands for: one label, one mailbox, one step of a path. */
const BOUNDARY: Readonly<Record<SanType, string>> = { dns: '.', email: '@', uri: '/', upn: '@', ip: '' }

/** Throws Refusal (`invalid_input`) with a sentence that names the entry. */
export function parseSubjectTemplate(text: string): SubjectTemplate {
  if (text.length > MAX_TEXT) throw invalid(`A template has at most ${MAX_TEXT} characters.`)
  const lines = text.split(/\r?\n|(?<!\\);/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  if (lines.length === 0) throw invalid('Say which names a device may ask for, such as CN=printer-*,O=Example.')
  if (lines.length > MAX_ENTRIES) throw invalid(`A template has at most ${MAX_ENTRIES} entries.`)
  const [first = ''] = lines
  const subject = sanPatternOf(first) === null ? subjectPattern(first) : []
  const san = (subject.length > 0 ? lines.slice(1) : lines).map(sanPattern)
  if (![...subject.map(({ value }) => value), ...san.map(({ pattern }) => pattern)].some(saysSomething))
    throw invalid('The template allows every name there is. Fix at least a part of one, such as CN=printer-*.')
  if (subject.length > 0 && !subject.some(({ value }) => saysSomething(value)))
    throw invalid('The subject of the template is all stars. Fix at least one part of it, such as O=Example.')
  const entries = san.map(({ type, pattern }) => `${type}:${pattern}`)
  return { text: [...(subject.length > 0 ? [written(subject)] : []), ...entries].join('; '), subject, san }
}

/**
 * Whether a request may have the names it asks for. What no certificate should say (control characters, a variable that
 * the device management never replaced, a wildcard) fits no template.
 */
export function matchTemplate(template: SubjectTemplate, asked: AskedNames): TemplateVerdict {
  const constraints = issuable(asked)
  if ('detail' in constraints) return { fits: false, detail: constraints.detail }
  const { san } = constraints
  const subject = named(asked.subject)
  const starred = [...subject, ...san].find(({ value }) => value.includes('*'))
  if (starred !== undefined) return { fits: false, detail: `"${starred.value}" holds a star.` }
  if (!pairedUp(template.subject, subject)) {
    return { fits: false, detail: `subject: expected "${written(template.subject)}", received "${written(subject)}".` }
  }
  const stray = san.find((name) => !template.san.some((allowed) => fitsSan(allowed, name)))
  if (stray !== undefined)
    return { fits: false, detail: `san: nothing in the template allows "${stray.type}:${stray.value}".` }
  return { fits: true, constraints }
}

/** Which half of a request's names the template allows, beside what it allows. */
export function fittingNames(
  template: SubjectTemplate,
  asked: AskedNames,
): { subject: boolean; san: boolean; allowed: { subject: string; san: string[] } } {
  return {
    subject: pairedUp(template.subject, named(asked.subject)),
    san: asked.san.every((name) => template.san.some((allowed) => fitsSan(allowed, name))),
    allowed: {
      subject: written(template.subject),
      san: template.san.map(({ type, pattern }) => `${type}:${pattern}`),
    },
  }
}

/** The names of a request as a certificate can carry them, or why it cannot. */
export function issuable({ subject, san }: AskedNames): ChallengeConstraints | { detail: string } {
  try {
    return checkedConstraints(named(subject), [...san])
  } catch (error) {
    if (error instanceof Refusal) return { detail: error.sentence }
    throw error
  }
}

/** One spelling for the types of a template and of a request. */
function named(parts: readonly NamePart[]): NamePart[] {
  return parts.map(({ type, value }) => ({ type: attributeName(attributeOid(type)), value }))
}

function subjectPattern(line: string): NamePart[] {
  return splitAtCommas(line).map((part) => {
    const equals = part.indexOf('=')
    const type = shortName(part.slice(0, Math.max(equals, 0)).trim())
    if (type === undefined)
      throw invalid(`"${part.trim()}" is not a part of a subject. Write parts such as CN=printer-* or O=Example.`)
    // Read as a common name, which may hold any text: a pattern need not be a value of its type.
    const [value] = parseNameText(`CN=${part.slice(equals + 1)}`)
    if (value === undefined || unresolvedVariable(value.value) !== null)
      throw invalid(`"${part.trim()}" holds a variable. Write the values that devices will send.`)
    return { type, value: value.value }
  })
}

function sanPatternOf(line: string): { type: SanType; pattern: string } | null {
  const colon = line.indexOf(':')
  const type = SAN_TYPES.find((known) => known === line.slice(0, Math.max(colon, 0)).trim().toLowerCase())
  const pattern = line.slice(colon + 1).trim()
  return type === undefined || line.slice(0, colon).includes('=') ? null : { type, pattern }
}

function sanPattern(line: string): { type: SanType; pattern: string } {
  const found = sanPatternOf(line)
  if (found === null)
    throw invalid(`"${line}" allows no alternative name. Write lines such as dns:*.example.com or email:*@example.com.`)
  const { type, pattern } = found
  if (pattern === '' || pattern.length > 253 || /[\p{C}\s]/u.test(pattern)) throw invalid(`"${line}" is not a pattern.`)
  if (type === 'ip' && pattern !== '*') blockOf(pattern)
  return { type, pattern: type === 'uri' ? pattern : pattern.toLowerCase() }
}

function splitAtCommas(line: string): string[] {
  return (line.match(/(?:\\[\s\S]|[^\\,])+/g) ?? []).filter((part) => part.trim() !== '')
}

function shortName(type: string): string | undefined {
  try {
    const name = attributeName(attributeOid(type))
    return Object.hasOwn(ATTRIBUTE_OID, name) ? name : undefined
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/** Each with one of its own (augmenting paths): two patterns of one type may both fit the same value. */
function pairedUp(patterns: readonly NamePart[], parts: readonly NamePart[]): boolean {
  if (patterns.length !== parts.length) return false
  const holder = new Map<number, number>()
  const place = (part: number, tried: Set<number>): boolean =>
    patterns.some((pattern, at) => {
      const asked = parts[part]
      if (asked === undefined || tried.has(at) || pattern.type !== asked.type) return false
      if (!globs(comparable(pattern.value), comparable(asked.value), '')) return false
      tried.add(at)
      const current = holder.get(at)
      if (current !== undefined && !place(current, tried)) return false
      holder.set(at, part)
      return true
    })
  return parts.every((_, part) => place(part, new Set()))
}

function fitsSan({ type, pattern }: SubjectTemplate['san'][number], name: SubjectAlternativeName): boolean {
  if (type !== name.type) return false
  if (type === 'ip') return pattern === '*' || isWithin(blockOf(pattern), name.value)
  return globs(pattern, type === 'uri' ? name.value : name.value.toLowerCase(), BOUNDARY[type])
}

/** A star is any run of characters without the boundary. Linear in both: neither is a regular expression. */
function globs(pattern: string, value: string, boundary: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (!value.startsWith(first)) return false
  let at = first.length
  const crosses = (from: number, to: number) => boundary !== '' && value.slice(from, to).includes(boundary)
  for (const [index, piece] of rest.entries()) {
    const isLast = index === rest.length - 1
    const found = isLast ? value.length - piece.length : value.indexOf(piece, at)
    if (found < at || !value.startsWith(piece, found) || crosses(at, found)) return false
    at = found + piece.length
  }
  return at === value.length
}

/** As namesEqual() compares: letter case and runs of space do not matter. */
function comparable(value: string): string {
  return value.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

function saysSomething(pattern: string): boolean {
  return pattern.replaceAll('*', '').trim() !== ''
}

/** Escaped is only what would end a part or an entry; a star stays one. */
function written(parts: readonly NamePart[]): string {
  return parts.map(({ type, value }) => `${type}=${value.replace(/[\\",+;<>]/g, '\\$&')}`).join(',')
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'invalid_template', fields: { subjectTemplate: sentence } })
}

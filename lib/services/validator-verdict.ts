/** What a validator answered, as a checked value. Whatever is no clear yes is no yes. */
import { Refusal } from '@/lib/errors'
import type { Csr } from '@/lib/pki/csr'
import { namesEqual, parseNameText } from '@/lib/pki/name'
import type { Json } from './audit'
import { canonicalName } from './challenge-constraints'
import type { SanType, SubjectAlternativeName } from './challenges'

export type Verdict = { verdict: 'allow'; data: { [key: string]: Json } } | ({ verdict: 'deny' } & Words)

/** As the validator wrote them: toldBy() makes them fit to be kept and shown. */
interface Words {
  code: string
  message: string
}

/** Null for what is no answer of this protocol: then nobody has decided. */
export function parseVerdict(body: Uint8Array): Verdict | null {
  const answer = parseObject(body)
  if (answer === null) return null
  if (answer.allow === true) return { verdict: 'allow', data: objectOf(answer.data) ?? {} }
  // A missing `allow` is a no; another type is a mistake, and a mistake is no yes either.
  if (answer.allow !== undefined && answer.allow !== false) return null
  const error = objectOf(answer.error) ?? {}
  return { verdict: 'deny', code: textOf(error.code), message: textOf(error.message) }
}

/** On one line and short. What must not be shown goes first, for a cut would leave a part of it. */
export function toldBy({ code, message }: Words, masked: (text: string) => string = (text) => text): Words {
  return { code: shortText(masked(code), 64), message: shortText(masked(message), 300) }
}

/** What the validator's `data` leaves of the request. It can only take away. */
export type Narrowed = { fits: true; san: SubjectAlternativeName[]; maxValidityDays: number | null } | Misfit
interface Misfit {
  fits: false
  detail: string
}

/**
 * `subject` must be the request's, `sans` a part of its, `validityDays` ends a certificate earlier (the profile's own
 * end stays the latest). Everything else in `data` changes nothing.
 */
export function narrowed(csr: Pick<Csr, 'subject' | 'san'>, data: { [key: string]: Json }): Narrowed {
  const { subject, sans, validityDays } = data
  if (subject !== undefined && !isSubject(csr, subject)) return misfit('subject')
  const san = sans === undefined ? csr.san : chosen(csr.san, sans)
  if (san === null) return misfit('sans')
  if (validityDays === undefined) return { fits: true, san, maxValidityDays: null }
  const days = typeof validityDays === 'number' && Number.isInteger(validityDays) && validityDays >= 1
  return days ? { fits: true, san, maxValidityDays: validityDays } : misfit('validityDays')
}

function misfit(member: string): Misfit {
  return { fits: false, detail: `The validator allows the request with another ${member} only.` }
}

function isSubject(csr: Pick<Csr, 'subject'>, subject: Json): boolean {
  if (typeof subject !== 'string' || subject.length > 2_000) return false
  try {
    return namesEqual(parseNameText(subject), csr.subject)
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/** The names of the request that are in the list; null when the list names another one. */
function chosen(requested: SubjectAlternativeName[], sans: Json): SubjectAlternativeName[] | null {
  const allowed = (Array.isArray(sans) ? sans : [sans]).map(sanOf)
  const wanted = new Set<string>()
  for (const san of allowed) {
    if (san === null) return null
    wanted.add(canonicalName(san))
  }
  const kept = requested.filter((san) => wanted.delete(canonicalName(san)))
  return wanted.size === 0 ? kept : null
}

const SAN_TYPES: readonly SanType[] = ['dns', 'email', 'uri', 'upn', 'ip']

/** {"type":"dns","value":"…"} as in step-ca's templates, or "dns:…" as our command line writes it. */
function sanOf(value: Json): SubjectAlternativeName | null {
  const object = objectOf(value)
  const [name, ...rest] = typeof value === 'string' ? value.split(':') : []
  const type = SAN_TYPES.find((each) => each === (object === null ? name : object.type))
  const text = object === null ? rest.join(':') : object.value
  return type === undefined || typeof text !== 'string' || text === '' ? null : { type, value: text }
}

export function parseObject(body: Uint8Array): { [key: string]: Json } | null {
  try {
    return objectOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)))
  } catch {
    return null
  }
}

export function objectOf(value: Json | undefined): { [key: string]: Json } | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
}

/** Text from outside for the portal and the trail: one line, not long. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function shortText(text: string, longest: number): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, longest)
}

/** What a person is called and reached by, checked once, where a form comes in. */
import { Refusal } from '@/lib/errors'
import type { PasswordAdvice } from './access-types'
import { guessersRanks } from './leaked-passwords'
import { passwordAdvice } from './password-advice'

export interface Person {
  name: string
  /** As written, for people. */
  email: string
  /** The key for look-up, limits and lock-out. */
  emailNormalised: string
}

const MAX_NAME = 64
const MAX_EMAIL = 254

/** Checks every field and refuses with all faults at once. */
export function parsePerson(form: { name: string; email: string }): Person {
  const faults = personFaults(form)
  if (Object.keys(faults).length > 0) throw invalid(faults)
  return { name: tidy(form.name), email: tidy(form.email), emailNormalised: normaliseEmail(form.email) ?? '' }
}

export function personFaults(form: { name: string; email: string }): Record<string, string> {
  const faults: Record<string, string> = {}
  const nameFault = nameFaultOf(form.name, 'A name')
  if (nameFault) faults.name = nameFault
  if (normaliseEmail(form.email) === null) faults.email = 'This is not an e-mail address.'
  return faults
}

/** Why a name of a person or organisation cannot be used, or null. */
export function nameFaultOf(name: string, what: string): string | null {
  const length = [...tidy(name)].length
  if (length < 1) return `${what} is needed.`
  if (length > MAX_NAME) return `At most ${MAX_NAME} characters.`
  return isPlain(tidy(name)) ? null : 'Leave out control and invisible characters.'
}

/** Refuses a password that a guesser would find; `context` is what the guesser knows. */
export function passwordFaultOf(password: string, context: readonly string[]): string | null {
  const advice: PasswordAdvice = passwordAdvice(password, ['latchkey', ...context], guessersRanks())
  return advice.acceptable ? null : advice.hint
}

export function invalid(fields: Record<string, string>): Refusal {
  const [first = 'Check the form.'] = Object.values(fields)
  return new Refusal('invalid_input', first, { fields })
}

/**
 * security.md §6.2: NFKC, case folding, trim, so that no other spelling of an address slips past a counter. Null for
 * what is no address, holds control or bidirectional characters, or only looks like a letter before normalisation.
 */
export function normaliseEmail(email: string): string | null {
  const trimmed = email.trim()
  if (trimmed.length > MAX_EMAIL || !isPlain(trimmed)) return null
  if ([...trimmed].some(changesKind)) return null
  const folded = trimmed.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').trim()
  return /^[^\s@"<>,;:\\()[\]]{1,64}@[^\s@"<>,;:\\()[\]]{1,253}$/u.test(folded) && folded.length <= MAX_EMAIL
    ? folded
    : null
}

function tidy(text: string): string {
  return text.trim().normalize('NFC')
}

function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(text)
}

/** A circled letter is a symbol until NFKC makes it a letter: such look-alikes are refused, not repaired. */
function changesKind(character: string): boolean {
  const normal = character.normalize('NFKC')
  return (
    normal !== character && KINDS.some((kind) => kind.test(character) && ![...normal].every((one) => kind.test(one)))
  )
}

const KINDS = [/^[\p{L}\p{M}]$/u, /^\p{N}$/u, /^\p{P}$/u, /^\p{S}$/u, /^\p{Z}$/u]

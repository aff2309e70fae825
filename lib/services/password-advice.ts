/**
 * How soon a guesser would find a password, and what to do about it. A password is read as the cheapest row of common
 * words, context words, keyboard slides, years and repeats; only what is left over counts in full. Runs in the browser
 * too, so that the form says at once what the server will say; the server alone knows the long list of leaked passwords.
 */
import type { PasswordAdvice } from './access-types'
import { COMMON_WORDS, KEYBOARD_ROWS } from './common-passwords'

export const PASSWORD_LENGTH = { min: 15, max: 128 } as const

/** Powers of two of guesses at which the score rises. At argon2id's price, 2^32 of them keep two cores busy for years. */
const SCORE_BITS = [10, 20, 32, 45] as const
const ACCEPTABLE_SCORE = 3
/** One character nobody can predict, as a guesser counts it: people's own choices are worth less than random ones. */
const CHARACTER_BITS = Math.log2(10)
const SLIDE_BITS = 4
const YEAR_BITS = 6.5
const SPELLING_BITS = 1
const SEPARATOR_BITS = 3
/** Longest slide that is looked for; keeps the work linear in the length. */
const LONGEST_PIECE = 40
const LONGEST_WORD = 25

/** How early a guesser tries a word: 1 is the first. */
export type Ranks = ReadonlyMap<string, number>

/** `context` is what a guesser knows about the person: name, e-mail, organisation. */
export function passwordAdvice(
  password: string,
  context: readonly string[] = [],
  ranks: Ranks = COMMON_RANKS,
): PasswordAdvice {
  const text = password.normalize('NFC')
  const length = [...text].length
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return refused(0, 'Leave out control characters.')
  if (length > PASSWORD_LENGTH.max) return refused(0, `At most ${PASSWORD_LENGTH.max} characters, please.`)
  const bits = guessBits(text, { context: contextWords(context), ranks })
  const score = scoreOf(bits)
  if (length < PASSWORD_LENGTH.min) {
    const missing = PASSWORD_LENGTH.min - length
    const more = missing === 1 ? 'One more character' : `${missing} more characters`
    return refused(Math.min(score, 1), length === 0 ? `At least ${PASSWORD_LENGTH.min} characters.` : `${more} to go.`)
  }
  if (score < ACCEPTABLE_SCORE) return refused(score, hintFor(text, contextWords(context)))
  return { acceptable: true, score, hint: score === 4 ? 'Strong.' : 'Good. Another word makes it strong.' }
}

function refused(score: number, hint: string): PasswordAdvice {
  return { acceptable: false, score: Math.min(score, 2) as PasswordAdvice['score'], hint }
}

function scoreOf(bits: number): PasswordAdvice['score'] {
  return SCORE_BITS.filter((needed) => bits >= needed).length as PasswordAdvice['score']
}

function hintFor(text: string, context: ReadonlySet<string>): string {
  const plain = simplify(text)
  if ([...context].some((word) => plain.includes(word)))
    return 'Leave out your name, e-mail and organisation: they are tried first.'
  if (/^(.{1,12}?)\1+$/u.test(text)) return 'Repeating makes it longer, not harder to guess.'
  return 'Too easy to guess: common words, rows of keys and years are tried first. Use four or more unrelated words.'
}

/** What a guesser has. */
interface Known {
  context: ReadonlySet<string>
  ranks: Ranks
}

/** log2 of the guesses it takes. What separates words is tried early, so all of it together is worth little. */
function guessBits(text: string, known: Known): number {
  const joined = text.replace(/[\s._,;:/-]+/gu, '')
  const separators = joined === text ? 0 : SEPARATOR_BITS
  return Math.min(cheapestReading(text, known), cheapestReading(joined, known) + separators)
}

/** The cheapest way to cut the text into pieces, each with its own price. */
function cheapestReading(text: string, known: Known): number {
  const characters = [...text]
  const plain = characters.map(simplify)
  const cheapest: number[] = [0]
  for (let end = 1; end <= characters.length; end += 1) {
    let best = (cheapest[end - 1] ?? 0) + CHARACTER_BITS
    for (let start = Math.max(0, end - LONGEST_PIECE); start < end - 1; start += 1) {
      const before = cheapest[start] ?? 0
      if (before >= best) continue
      const piece = characters.slice(start, end)
      best = Math.min(best, before + pieceBits(piece, plain.slice(start, end).join(''), known))
      best = Math.min(best, before + repeatBits(cheapest, plain, start, end))
    }
    cheapest.push(best)
  }
  return cheapest.at(-1) ?? 0
}

function pieceBits(piece: string[], plain: string, known: Known): number {
  const written = piece.join('')
  const lower = written.toLowerCase()
  return Math.min(wordBits(written, lower, plain, known), slideBits(lower), sameBits(lower), yearBits(written))
}

/** A word from the list costs its rank; capitals, digits for letters and reading backwards add one bit each. */
function wordBits(written: string, lower: string, plain: string, { context, ranks }: Known): number {
  if (lower.length < 3 || lower.length > LONGEST_WORD) return Infinity
  const spelling = (written === lower ? 0 : SPELLING_BITS) + (plain === lower ? 0 : SPELLING_BITS)
  const spellings = [lower, plain, reversed(plain)]
  if (spellings.some((word) => context.has(word))) return 1 + spelling
  const rank = Math.min(...spellings.map((word, index) => (ranks.get(word) ?? Infinity) * (index === 2 ? 2 : 1)))
  return rank === Infinity ? Infinity : Math.log2(rank + 1) + spelling
}

/** Keys side by side, letters and digits in a row. */
function slideBits(lower: string): number {
  if (lower.length < 3 || !SLIDE_BEGINNINGS.has(lower.slice(0, 3))) return Infinity
  return SLIDES.some((row) => row.includes(lower)) ? SLIDE_BITS + Math.log2(lower.length) : Infinity
}

/** One character again and again. */
function sameBits(lower: string): number {
  const [first = ''] = lower
  return lower.length >= 3 && lower === first.repeat(lower.length) ? SLIDE_BITS + Math.log2(lower.length) : Infinity
}

function yearBits(written: string): number {
  return /^(19|20)\d\d$/.test(written) ? YEAR_BITS : Infinity
}

/** A piece that was there before, right in front, costs next to nothing. */
function repeatBits(cheapest: number[], plain: string[], start: number, end: number): number {
  const length = end - start
  if (length < 2 || start < length) return Infinity
  const again = plain.slice(start, end).join('') === plain.slice(start - length, start).join('')
  return again && cheapest[start] !== undefined ? 1 : Infinity
}

/** Accents and digits for letters undone: "P@ssw0rd" reads as "password". */
function simplify(text: string): string {
  const letters = text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')
  return letters.replace(/[013457@$!|+\u20ac]/g, (sign) => LETTER_FOR[sign] ?? sign)
}

const LETTER_FOR: Readonly<Record<string, string>> = Object.fromEntries(
  ['0o', '1i', '3e', '4a', '5s', '7t', '@a', '$s', '!i', '|l', '+t', '\u20ace'].map((pair) => [pair[0], pair.slice(1)]),
)

function reversed(text: string): string {
  return [...text].reverse().join('')
}

function contextWords(context: readonly string[]): ReadonlySet<string> {
  const words = context.flatMap((value) => simplify(value).split(/[^\p{L}\p{N}]+/u))
  return new Set(words.filter((word) => word.length >= 3))
}

/** Rank by the spelling on the list and by its simplified one, so that "abc123" is found either way. Commonest first. */
export function ranksOf(words: readonly string[]): Ranks {
  return new Map(
    [...words.entries()].reverse().flatMap(([rank, word]): [string, number][] => [
      [simplify(word), rank + 1],
      [word, rank + 1],
    ]),
  )
}

export const COMMON_RANKS: Ranks = ranksOf(COMMON_WORDS)

const SLIDES: readonly string[] = KEYBOARD_ROWS.flatMap((row) => [row + row, reversed(row + row)])

const SLIDE_BEGINNINGS: ReadonlySet<string> = new Set(
  SLIDES.flatMap((row) => [...row].map((_, start) => row.slice(start, start + 3))),
)

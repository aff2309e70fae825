import { expect, test } from 'vitest'
import { masker } from './enrolment-text'

test('a secret is taken out of a text in either case, wherever and however often it stands there', () => {
  const masked = masker(['9F86D081884C7D65'])
  expect(masked('challenge 9f86d081884c7d65, again 9F86d081884C7D65.')).toBe('challenge [masked], again [masked].')
  expect(masked('9F86D081884C7D6')).toBe('9F86D081884C7D6')
  expect(masked('nothing of the kind, but longer than the secret')).toBe(
    'nothing of the kind, but longer than the secret',
  )
})

test('a value of a few characters hides nothing, and one with blanks around it hides what is between them', () => {
  expect(masker(['abc'])('abc abcd')).toBe('abc abcd')
  expect(masker([' secret\n'])('my secret is out')).toBe('my [masked] is out')
})

test('a letter that folds to one of ASCII hides nothing from the mask, neither in the secret nor in the text', () => {
  expect(masker(['sekret'])('a \u017fekret')).toBe('a [masked]')
  expect(masker(['\u017fekret'])('a SEKRET')).toBe('a [masked]')
})

test('what characters mean in a pattern does not matter', () => {
  expect(masker(['a.c*(1)'])('A.C*(1) abcc(1)')).toBe('[masked] abcc(1)')
})

/** Some of them fold to another one of them, or to two, or to one of ASCII. */
const LETTERS = [
  's',
  'S',
  '\u017f',
  'k',
  'K',
  '\u212a',
  'ß',
  '\u1e9e',
  'i',
  'I',
  'İ',
  'ı',
  'σ',
  'ς',
  'Σ',
  '𐐀',
  '𐐨',
  '1',
]

test('a text is masked as a pattern would that knows no case, whatever the letters', () => {
  let state = 1
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  const text = (length: number) => Array.from({ length }, () => LETTERS[next(LETTERS.length)]).join('')
  let found = 0
  for (let round = 0; round < 3_000; round++) {
    const secret = text(4)
    // The same letters, some of them in another case.
    const other = [...secret].map((letter) => (next(2) ? letter.toUpperCase() : letter.toLowerCase())).join('')
    const shown = `${text(next(6))}${next(2) ? other : text(4)}${text(next(6))}`
    const expected = shown.replace(new RegExp(secret, 'giu'), '[masked]')
    if (expected !== shown) found += 1
    expect(masker([secret])(shown), `${secret} in ${shown}`).toBe(expected)
  }
  expect(found).toBeGreaterThan(300)
})

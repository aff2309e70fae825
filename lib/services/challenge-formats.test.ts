/** What a minted value looks like, and what may come back of it. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { presentedForm, randomValue, sealedValue } from './challenge-formats'

const SEALED = sealedValue(new Uint8Array(randomBytes(88)))

test.each([
  ['hex32', /^[0-9A-F]{32}$/],
  ['hex16', /^[0-9A-F]{16}$/],
  ['base62', /^[0-9A-Za-z]{43}$/],
] as const)('a value in %s has letters and digits alone, and never comes twice', (format, shape) => {
  const values = Array.from({ length: 200 }, () => randomValue(format))
  for (const value of values) expect(value).toMatch(shape)
  expect(new Set(values).size).toBe(200)
})

test('every digit of base62 appears, none much more often than another', () => {
  const counts = new Map<string, number>()
  for (const digit of Array.from({ length: 500 }, () => randomValue('base62')).join(''))
    counts.set(digit, (counts.get(digit) ?? 0) + 1)
  expect(counts.size).toBe(62)
  // 21,500 draws, 347 expected of each: ten standard deviations either way.
  for (const count of counts.values()) expect(Math.abs(count - 21_500 / 62)).toBeLessThan(186)
})

test('a sealed value fits into 255 letters and digits, and comes back byte for byte', () => {
  const sealed = new Uint8Array(randomBytes(88))
  const value = sealedValue(sealed)
  expect(value).toMatch(/^SC1[A-Z2-7]{141}$/)
  expect(presentedForm(value)).toEqual({ form: 'sealed', value, sealed })
  expect(presentedForm(`${value}\r\n`)).toMatchObject({ form: 'sealed', value })
})

test.each([
  ['hex in small letters', 'ab12'.repeat(8), 'AB12'.repeat(8)],
  ['short hex in small letters', 'ab12'.repeat(4), 'AB12'.repeat(4)],
  ['hex before a line end', `${'AB12'.repeat(8)}\n`, 'AB12'.repeat(8)],
  ['hex before a Windows line end', `${'AB12'.repeat(8)}\r\n`, 'AB12'.repeat(8)],
  ['base62, whose case means something', `${'aB'.repeat(21)}c`, `${'aB'.repeat(21)}c`],
  ['hex of another length', 'ab12'.repeat(7), 'ab12'.repeat(7)],
  ['a space before', ` ${'AB12'.repeat(8)}`, ` ${'AB12'.repeat(8)}`],
  ['two line ends', `${'AB12'.repeat(8)}\n\n`, `${'AB12'.repeat(8)}\n`],
  ['nothing', '', ''],
])('%s is a handle', (_, presented, value) => expect(presentedForm(presented)).toEqual({ form: 'handle', value }))

test.each([
  ['one digit short', SEALED.slice(0, -1)],
  ['one digit long', `${SEALED}A`],
  ['a digit outside the alphabet', `${SEALED.slice(0, -1)}1`],
  ['small letters', SEALED.toLowerCase()],
  ['another version', `SC2${SEALED.slice(3)}`],
  ['a second spelling of the same bytes', `${SEALED.slice(0, -1)}${nextDigit(SEALED.at(-1) ?? 'A')}`],
])('a sealed value with %s is a handle that nobody knows', (_, value) =>
  expect(presentedForm(value)).toEqual({ form: 'handle', value }),
)

test.each([
  ['five parts', 'eyJh.bm8.aXY.Y3Q.dGFn', 'signed'],
  ['an empty key', 'eyJh..aXY.Y3Q.dGFn', 'signed'],
  ['three parts', 'eyJh.bm8.aXY', 'handle'],
  ['six parts', 'eyJh.bm8.aXY.Y3Q.dGFn.x', 'handle'],
  ['a sign that base64url does not have', 'eyJh.bm8.aXY.Y3Q.dG+n', 'handle'],
])('%s: %s', (_, value, form) => expect(presentedForm(value)).toEqual({ form, value }))

test('whatever comes is given some form, at once', () => {
  for (let round = 0; round < 2_000; round++) {
    const bytes = randomBytes(1 + (round % 300))
    for (const text of [bytes.toString('latin1'), bytes.toString('base64url'), `SC1${bytes.toString('hex')}`])
      expect(['handle', 'sealed', 'signed']).toContain(presentedForm(text).form)
  }
  expect(presentedForm('.'.repeat(16_384)).form).toBe('handle')
  expect(presentedForm(`${'a'.repeat(4_000)}.`.repeat(4)).form).toBe('handle')
})

/** The last digit carries two bits; the three others must be zero. */
function nextDigit(digit: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  return alphabet.charAt(alphabet.indexOf(digit) + 1)
}

/** Leaked passwords, alone, in pairs and with the usual endings, are refused; what nobody leaked is not. */
import { describe, expect, test } from 'vitest'
import { guessersRanks, leakedPasswords } from './leaked-passwords'
import { passwordAdvice } from './password-advice'
import { passwordFaultOf } from './person'

const leaked = leakedPasswords()
/** Of the ten thousand commonest; only some of them, for the rules do not know which ones are tried. */
const some = (from: number) => leaked.slice(0, 10_000).filter((_, index) => index % 41 === from)

test('the list is as long as it says, in lower case, without doubles', () => {
  expect(leaked).toHaveLength(49_233)
  expect(new Set(leaked).size).toBe(leaked.length)
  expect(leaked.slice(0, 4)).toEqual(['123456', 'password', '12345678', 'qwerty'])
  expect(leaked.filter((password) => password !== password.toLowerCase())).toEqual([])
})

describe('refused', () => {
  test('are all that are long enough to be chosen', () => {
    const long = leaked.filter((password) => password.length >= 15)
    expect(long.length).toBeGreaterThan(30)
    expect(long.filter((password) => passwordFaultOf(password, []) === null)).toEqual([])
  })

  test('are two common ones in a row, and one with the usual endings', () => {
    const firsts = some(0)
    const seconds = some(7)
    const guesses = firsts.flatMap((first, index) => [
      `${first}${seconds[index]}${seconds[index]}`.padEnd(15, '1'),
      `${first[0]?.toUpperCase()}${first.slice(1)}1234567890!`.padEnd(15, '!'),
    ])
    expect(guesses.filter((password) => passwordFaultOf(password, []) === null)).toEqual([])
  })

  test('are some that the short list of the browser lets pass', () => {
    const password = 'matrixnirvanascorpio'
    expect(passwordFaultOf(password, [])).toMatch(/^Too easy to guess/)
  })
})

test.each([
  'gleam turbine walnut echo',
  'violet kettle marches north',
  'x7Kq2mZp9LwT4vB',
  'zebra-lamp-onion-quiver-73',
  'plum kettle anchor violet 93',
  'Der Igel sammelt heimlich Kronkorken',
])('accepted is %s', (password) => {
  expect(passwordFaultOf(password, ['Ada Lovelace', 'ada@example.com'])).toBeNull()
})

test('the words of the product keep their early ranks', () => {
  expect(guessersRanks().get('letmein')).toBeLessThanOrEqual(3)
  expect(passwordAdvice('latchkeylatchkey', ['latchkey'], guessersRanks()).acceptable).toBe(false)
})

/** Which passwords are refused, which accepted, and that the advice is quick. */
import { describe, expect, test } from 'vitest'
import { COMMON_WORDS } from './common-passwords'
import { PASSWORD_LENGTH, passwordAdvice } from './password-advice'

const CONTEXT = ['Ada Lovelace', 'ada.lovelace@northfield.example', 'Northfield Hospital', 'latchkey']

describe('password advice', () => {
  test.each([
    'gleam turbine walnut echo',
    'violet kettle marches north',
    'x7Kq2mZp9LwT4vB',
    'zebra-lamp-onion-quiver-73',
    '\u7af9\u6797\u306e\u4e2d\u306e\u53e4\u3044\u6c60\u306b\u98db\u3073\u8fbc\u3080\u86d9\u6c34\u306e\u97f3',
    'Der Igel sammelt heimlich Kronkorken',
  ])('accepts %s', (password) => {
    const advice = passwordAdvice(password, CONTEXT)
    expect(advice).toMatchObject({ acceptable: true })
    expect(advice.score).toBeGreaterThanOrEqual(3)
  })

  test.each([
    'passwordpassword',
    'P@ssw0rdP@ssw0rd1!',
    'Pa$$w0rd123456789',
    'drowssapdrowssap1',
    'qwertyuiopasdfgh',
    'asdfghjklasdfghjkl',
    '1qaz2wsx3edc4rfv',
    '123456789012345678',
    '987654321098765432',
    'abcdefghijklmnopqr',
    'aaaaaaaaaaaaaaaaaaaa',
    'abababababababababab',
    'summer2024winter',
    'Welcome2025!Welcome2025!',
    'iloveyou1234567890',
    'letmeinpleasenow',
    'thisismypassword',
    'administrator2026!',
    'monkey dragon shadow 1',
    'AdaLovelace2026!!',
    'northfield.hospital.ada',
    'N0rthf1eld-H0sp1t4l',
    'latchkeylatchkey',
    'lovelace northfield 1815',
  ])('refuses %s', (password) => {
    const advice = passwordAdvice(password, CONTEXT)
    expect(advice.acceptable).toBe(false)
    expect(advice.score).toBeLessThan(3)
    expect(advice.hint).toMatch(/^[A-Z].*\.$/)
  })

  test('refuses common words under every usual disguise', () => {
    const disguises = [
      (word: string) => word.repeat(Math.ceil(15 / word.length)),
      (word: string) => `${word}123456789012345`,
      (word: string) => `${word[0]?.toUpperCase()}${word.slice(1)}2026!2026!2026!`,
      (word: string) => `!!!!!!${word.replaceAll('a', '@').replaceAll('o', '0').replaceAll('e', '3')}!!!!!!!!!!!!`,
      (word: string) => `${[...word].reverse().join('')}passwordqwerty`,
      (word: string) => `${word.toUpperCase()}-${word}-${word}-${word}-${word}`,
    ]
    // Every seventh keeps this quick; the rules do not know which words are tried.
    const words = COMMON_WORDS.filter((_, index) => index % 7 === 0)
    const accepted = words
      .flatMap((word) => disguises.map((disguise) => disguise(word)))
      .filter((password) => passwordAdvice(password, CONTEXT).acceptable)
    expect(accepted).toEqual([])
  })

  test('counts characters, not bytes, from 15 to 128', () => {
    const strong = 'kx\u00f1 vq7 \u{1f98a}z tb4'
    expect([...strong]).toHaveLength(14)
    expect(passwordAdvice(strong)).toMatchObject({ acceptable: false, hint: 'One more character to go.' })
    expect(passwordAdvice(`${strong}w`)).toMatchObject({ acceptable: true })
    const long = 'gleam turbine walnut echo '.repeat(5)
    expect(passwordAdvice(`${long}gleam turbine walnut echo violet`.slice(0, PASSWORD_LENGTH.max)).acceptable).toBe(
      true,
    )
    expect(passwordAdvice(`${long}gleam turbine walnut echo violet`.slice(0, PASSWORD_LENGTH.max + 1)).acceptable).toBe(
      false,
    )
    expect(passwordAdvice('')).toEqual({ acceptable: false, score: 0, hint: 'At least 15 characters.' })
  })

  test('refuses control characters', () => {
    expect(passwordAdvice('gleam turbine\u0007walnut echo').acceptable).toBe(false)
  })

  test('takes milliseconds at most, whatever is typed', () => {
    const worst = [
      'q'.repeat(128),
      'abc'.repeat(42),
      '\u0301'.repeat(128),
      COMMON_WORDS.join('').slice(0, 128),
      'x'.repeat(1_000_000),
    ]
    const start = performance.now()
    for (const password of worst) passwordAdvice(password, CONTEXT)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

/** Which key presses are ours. */
import { expect, test } from 'vitest'
import { isPaletteKey, meaningOf } from './shortcuts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
})

test('the palette opens by Ctrl-K and by Command-K alone', () => {
  expect(isPaletteKey(press('k', { ctrlKey: true }))).toBe(true)
  expect(isPaletteKey(press('K', { metaKey: true }))).toBe(true)
  expect(isPaletteKey(press('k'))).toBe(false)
  expect(isPaletteKey(press('k', { ctrlKey: true, altKey: true }))).toBe(false)
})

test.each([
  ['/', 'search'],
  ['?', 'sheet'],
  ['g', 'go'],
  ['x', null],
])('%s alone means %s, and nothing while another key is held', (key, meaning) => {
  expect(meaningOf(press(key))).toBe(meaning)
  expect(meaningOf(press(key, { ctrlKey: true }))).toBeNull()
  expect(meaningOf(press(key, { metaKey: true }))).toBeNull()
})

/** Filters out of a URL that anybody can write. */
import { expect, test } from 'vitest'
import { oneOf, readParameters, withParameters } from './search-parameters'

test('known names are read once, trimmed and bounded; the rest is ignored', async () => {
  const given = Promise.resolve({
    group: [' staff ', 'x'],
    search: `\u0000${'a'.repeat(999)}`,
    status: ' \n',
    other: 'y',
  })
  expect(await readParameters(given, ['group', 'search', 'status'])).toEqual({
    group: 'staff',
    search: 'a'.repeat(300),
  })
})

test('a value outside the list is none', () => {
  expect(oneOf(['valid', 'revoked'], 'valid')).toBe('valid')
  expect(oneOf(['valid', 'revoked'], "valid' or 1=1")).toBeUndefined()
})

test('empty filters leave the address clean', () => {
  expect(withParameters('/certificates', { group: undefined, search: '' })).toBe('/certificates')
  expect(withParameters('/certificates', { search: 'a&b', group: 'staff' })).toBe(
    '/certificates?search=a%26b&group=staff',
  )
})

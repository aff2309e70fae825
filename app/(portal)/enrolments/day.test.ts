/** A day out of a URL is a day or nothing. */
import { expect, test } from 'vitest'
import { dayOf } from './day'

test('a day begins at midnight UTC, and the day after bounds it', () => {
  expect(dayOf('2026-11-23')?.toISOString()).toBe('2026-11-23T00:00:00.000Z')
  expect(dayOf('2026-12-31', 1)?.toISOString()).toBe('2027-01-01T00:00:00.000Z')
})

test.each([undefined, '', 'yesterday', '2026-02-30', '2026-13-01', '0001-01-01', '2026-11-23T10:00'])(
  '%j is none',
  (text) => {
    expect(dayOf(text)).toBeUndefined()
  },
)

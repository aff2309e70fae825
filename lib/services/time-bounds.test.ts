/** Spans of time out of a URL that anybody can write. */
import { expect, test } from 'vitest'
import { beginningOf, endOf } from './time-bounds'

test('a day is a whole one, a moment is itself', () => {
  expect(beginningOf('2026-03-01')).toEqual(new Date('2026-03-01T00:00:00Z'))
  expect(endOf('2026-03-01')).toEqual(new Date('2026-03-02T00:00:00Z'))
  expect(beginningOf('2026-03-01T10:30:00.500Z')).toEqual(new Date('2026-03-01T10:30:00.500Z'))
  expect(endOf('2026-03-01T10:30Z')).toEqual(new Date('2026-03-01T10:30:00Z'))
})

test.each([
  '',
  'yesterday',
  '2026-02-30',
  '2026-13-01',
  '1969-12-31',
  '2026-03-01T25:00Z',
  '99999-01-01',
  '2026-03-01 10:00',
])('%j is no moment', (text) => {
  expect([beginningOf(text), endOf(text)]).toEqual([undefined, undefined])
})

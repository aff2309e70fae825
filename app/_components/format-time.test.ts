/** Moments in words. */
import { describe, expect, test } from 'vitest'
import { formatDay, formatMoment, formatRelative, formatRemaining, formatUtc } from './format-time'

const noon = new Date('2026-11-23T12:00:00Z')

test("a moment is told in the reader's zone, and exactly in UTC", () => {
  expect(formatMoment(noon, 'Europe/Berlin')).toBe('23 Nov 2026, 13:00')
  expect(formatDay(new Date('2026-11-23T23:30:00Z'), 'Asia/Tokyo')).toBe('24 Nov 2026')
  expect(formatUtc(noon)).toBe('2026-11-23 12:00:00 UTC')
})

describe('a distance in time', () => {
  test.each([
    [0, 'just now'],
    [-59, 'just now'],
    [20, 'just now'],
    [45, 'in a moment'],
    [-60, '1 minute ago'],
    [-7_199, '1 hour ago'],
    [86_400 * 2, 'in 2 days'],
    [-86_400 * 400, '1 year ago'],
  ])('%i seconds away reads %j', (seconds, words) => {
    expect(formatRelative(new Date(noon.getTime() + seconds * 1000), noon.getTime())).toBe(words)
  })
})

test.each([
  [245_000, '4:05'],
  [3_845_000, '1:04:05'],
  [400, '0:01'],
  [-5, '0:00'],
])('%i milliseconds are left as %j', (milliseconds, words) => expect(formatRemaining(milliseconds)).toBe(words))

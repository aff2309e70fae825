/** The forecast: weeks from Monday on, waves where many end together, and what a fleet more would add. */
import { expect, test } from 'vitest'
import { beginningOfWeek, DAY_MS, weeksOf, whatIf } from './overview-forecast'

const MONDAY = new Date('2026-11-23T00:00:00Z')

test.each([
  ['2026-11-23T00:00:00.000Z', '2026-11-23'],
  ['2026-11-29T23:59:59.999Z', '2026-11-23'],
  ['2026-11-22T23:59:59.999Z', '2026-11-16'],
  ['1970-01-01T00:00:00.000Z', '1969-12-29'],
])('the week of %s begins on %s', (at, monday) => {
  expect(beginningOfWeek(new Date(at)).toISOString().slice(0, 10)).toBe(monday)
})

function forecast(...counts: number[]) {
  return weeksOf(
    MONDAY,
    counts.length,
    counts.map((count, week) => ({ week, count, renewed: 0 })).filter(({ count }) => count > 0),
  )
}
const waves = (...counts: number[]) => forecast(...counts).flatMap(({ wave }, week) => (wave ? [week] : []))

test('a week with three times the usual is a wave, and ten at least', () => {
  expect(waves(10, 12, 9, 40, 11, 10)).toEqual([3])
  expect(waves(1, 1, 1, 9, 1, 1)).toEqual([])
  expect(waves(0, 0, 0, 0)).toEqual([])
})

test('where nearly all end at once, that is a wave', () => {
  expect(waves(0, 0, 0, 0, 0, 0, 0, 0, 500, 0, 0, 0)).toEqual([8])
})

test('a fleet that enrols today ends together, and again in each generation', () => {
  const now = new Date('2026-11-25T12:00:00Z')
  const weeks = forecast(...Array.from({ length: 20 }, () => 5))
  const {
    weeks: added,
    opensAt,
    endsAt,
    peak,
  } = whatIf(weeks, { devices: 300, validityDays: 60, renewalWindowDays: null }, now)
  expect(opensAt).toEqual(new Date(now.getTime() + 40 * DAY_MS))
  expect(endsAt).toEqual(new Date(now.getTime() + 60 * DAY_MS))
  // 62, 102 and 142 days after that Monday: 20 days of 60 are the window.
  expect(added.flatMap((count, week) => (count > 0 ? [[week, count]] : []))).toEqual([
    [8, 300],
    [14, 300],
  ])
  expect(peak).toEqual({ from: new Date('2027-01-18T00:00:00Z'), count: 305, before: 5 })
})

test('what lives for a day, or may be renewed from its first moment on, comes to an end all the same', () => {
  const weeks = forecast(...Array.from({ length: 54 }, () => 0))
  for (const renewalWindowDays of [null, 1, 30])
    expect(whatIf(weeks, { devices: 1, validityDays: 1, renewalWindowDays }, MONDAY).weeks[0]).toBeGreaterThan(0)
})

/** When a threshold is reached, and what thresholds may be. */
import { expect, test } from 'vitest'
import { changedSettings, NOTICE_DEFAULTS, reachedThreshold, settingsOf, USUAL_THRESHOLDS } from './notice-settings'

const NOW = new Date('2026-11-23T12:00:00Z')
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000)
const reached = (daysLeft: number, lifeDays: number | null, thresholds = USUAL_THRESHOLDS) =>
  reachedThreshold(
    thresholds,
    { endsAt: days(daysLeft), beginsAt: lifeDays === null ? null : days(daysLeft - lifeDays) },
    NOW,
  )

test.each([
  [366, null],
  [365, 365],
  [181, 365],
  [180, 180],
  [90, 90],
  [30, 30],
  [8, 30],
  [7, 7],
  [0.1, 7],
  [0, 0],
  [-3, 0],
])('with %d days left the nearest threshold is %s', (daysLeft, threshold) => {
  expect(reached(daysLeft, 3_650)).toBe(threshold)
})

test.each([
  [90, 90, null],
  [89, 90, null],
  [30, 90, 30],
  [365, 365, null],
  [364, 365, null],
  [180, 365, 180],
  [5, 7, null],
  [360, null, 365],
])('%d days before the end of a life of %s days it is %s', (daysLeft, life, threshold) => {
  expect(reached(daysLeft, life)).toBe(threshold)
})

test('without thresholds nothing is told, not even the end', () => {
  expect(reached(-1, 365, [])).toBeNull()
})

test('thresholds are kept from the longest to the shortest, each once, and others stay', () => {
  const after = changedSettings(NOTICE_DEFAULTS, { thresholds: { 'api-key-expiry': [7, 30, 7] } })
  expect(after.thresholds['api-key-expiry']).toEqual([30, 7])
  expect(after.thresholds['authority-expiry']).toEqual(USUAL_THRESHOLDS)
})

test.each([
  [{ thresholds: { 'api-key-expiry': [0] } }, 'api-key-expiry'],
  [{ thresholds: { 'api-key-expiry': [1_826] } }, 'api-key-expiry'],
  [{ thresholds: { 'api-key-expiry': Array.from({ length: 11 }, (_, day) => day + 1) } }, 'api-key-expiry'],
  [{ enrolmentFailures: { count: -1, minutes: 60 } }, 'enrolmentFailures'],
  [{ enrolmentFailures: { count: 1, minutes: 1 } }, 'minutes'],
  [{ connectorFailures: { count: Number.NaN } }, 'connectorFailures'],
])('%j is refused', (change, field) => {
  expect(() => changedSettings(NOTICE_DEFAULTS, change)).toThrow(
    expect.objectContaining({ code: 'invalid_input', fields: { [field]: expect.any(String) } }),
  )
})

test('what an older version stored is completed', () => {
  expect(settingsOf(null)).toEqual(NOTICE_DEFAULTS)
  expect(settingsOf({ connectorFailures: { count: 9 } })).toEqual({
    ...NOTICE_DEFAULTS,
    connectorFailures: { count: 9 },
  })
})

import { describe, expect, test } from 'vitest'
import { isTimeZone, parseWindow, secondsLeft, type TimeWindow, type Weekday, windowText } from './access-windows'

const WORKDAYS: Weekday[] = [1, 2, 3, 4, 5]
const EVERY_DAY: Weekday[] = [1, 2, 3, 4, 5, 6, 7]
const office: TimeWindow = { days: WORKDAYS, from: '08:00', to: '18:00' }
const left = (windows: TimeWindow[], at: string, zone = 'UTC') => secondsLeft(windows, zone, new Date(at))

describe('seconds left of the hours', () => {
  test.each([
    ['2026-11-23T07:59:59Z', 0],
    ['2026-11-23T08:00:00Z', 36_000],
    ['2026-11-23T17:59:30Z', 30],
    ['2026-11-23T18:00:00Z', 0],
    ['2026-11-22T12:00:00Z', 0],
  ])('at the office at %s: %i', (at, seconds) => {
    expect(left([office], at)).toBe(seconds)
  })

  test('in the time zone of the group, summer time included', () => {
    expect(left([office], '2026-11-23T07:00:00Z', 'Europe/Zurich')).toBe(36_000)
    expect(left([office], '2026-07-20T06:00:00Z', 'Europe/Zurich')).toBe(36_000)
    expect(left([office], '2026-11-23T06:59:00Z', 'Europe/Zurich')).toBe(0)
    expect(left([office], '2026-11-23T13:00:00Z', 'America/New_York')).toBe(36_000)
  })

  test('a night belongs to the day on which it begins', () => {
    const nights = [{ days: [7] as Weekday[], from: '22:00', to: '06:00' }]
    expect(left(nights, '2026-11-22T23:00:00Z')).toBe(7 * 3_600)
    expect(left(nights, '2026-11-23T05:59:00Z')).toBe(60)
    expect(left(nights, '2026-11-23T06:00:00Z')).toBe(0)
    expect(left(nights, '2026-11-23T22:30:00Z')).toBe(0)
  })

  test('windows that touch or overlap are one', () => {
    const day = [office, { days: WORKDAYS, from: '17:00', to: '20:00' }, { days: WORKDAYS, from: '20:00', to: '21:00' }]
    expect(left(day, '2026-11-23T08:00:00Z')).toBe(13 * 3_600)
  })

  test('all week never ends, and no windows are no limit', () => {
    expect(left([{ days: EVERY_DAY, from: '00:00', to: '24:00' }], '2026-11-23T08:00:00Z')).toBeNull()
    expect(left([], '2026-11-23T08:00:00Z')).toBeNull()
  })

  test('a whole day ends at midnight', () => {
    expect(left([{ days: [1], from: '00:00', to: '24:00' }], '2026-11-23T23:00:00Z')).toBe(3_600)
    expect(left([{ days: [1], from: '08:00', to: '08:00' }], '2026-11-24T07:00:00Z')).toBe(3_600)
  })
})

test.each([
  ['Europe/Zurich', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['', false],
])('%j is a time zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is)
})

test.each([
  ['mon-fri=08:00-18:00', [1, 2, 3, 4, 5]],
  ['sat,sun=10:00-16:00', [6, 7]],
  ['mon,wed-fri=00:00-24:00', [1, 3, 4, 5]],
])('%s is read and written', (text, days) => {
  const window = parseWindow(text)
  expect(window?.days).toEqual(days)
  expect(window && windowText(window).replace('sat-sun', 'sat,sun')).toBe(text)
})

test.each(['', 'mon-fri', 'always=08:00-18:00', 'fri-mon=08:00-18:00', 'mon,=08:00-18:00', 'mon=8-18'])(
  '%j is no window',
  (text) => {
    expect(parseWindow(text)).toBeNull()
  },
)

/** What is asked of the forecast comes out of an address, and may be anything. */
import { expect, test } from 'vitest'
import { type Week, weeksOf } from '@/lib/services/overview-forecast'
import { supposedOf } from './supposed'

const NOW = new Date('2026-11-25T12:00:00Z')
const WEEKS: Week[] = weeksOf(new Date('2026-11-23T00:00:00Z'), 54, [])
const ENDPOINTS = [{ slug: 'staff', profile: { validityDays: 90 }, renewalWindowDays: 10 }] as unknown as Parameters<
  typeof supposedOf
>[1]

test('a number and an endpoint that is there are answered by the validity and the window of that endpoint', () => {
  const supposed = supposedOf({ devices: '500', endpoint: 'staff' }, ENDPOINTS, WEEKS, NOW)
  expect(supposed?.devices).toBe(500)
  expect(supposed?.answer.opensAt.toISOString()).toBe('2027-02-13T12:00:00.000Z')
})

test.each([
  {},
  { devices: '500' },
  { devices: '500', endpoint: 'lab' },
  { devices: '0', endpoint: 'staff' },
  { devices: '-1', endpoint: 'staff' },
  { devices: '1e6', endpoint: 'staff' },
  { devices: '1000001', endpoint: 'staff' },
  { devices: '9'.repeat(300), endpoint: 'staff' },
])('%j asks nothing', (given) => {
  expect(supposedOf(given, ENDPOINTS, WEEKS, NOW)).toBeNull()
})

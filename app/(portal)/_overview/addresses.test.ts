/** Links of the overview say in whole days what its numbers count. */
import { expect, test } from 'vitest'
import {
  certificatesOf,
  endsInWeek,
  failedBecause,
  issuedBetween,
  unsuccessfulBetween,
  waitingChallenges,
} from './addresses'

const MONDAY = new Date('2026-11-23T00:00:00Z')

test('a period names its first day and its last one, which belongs to it', () => {
  expect(issuedBetween(MONDAY, MONDAY, 'staff')).toBe(
    '/certificates?group=staff&issuedFrom=2026-11-23&issuedTo=2026-11-23',
  )
  expect(endsInWeek(MONDAY, 'no')).toBe('/certificates?status=current&endsFrom=2026-11-23&endsTo=2026-11-29&renewed=no')
  expect(unsuccessfulBetween(MONDAY)).toBe('/enrolments?state=unsuccessful&from=2026-11-23')
})

test('what is not asked is not in the address', () => {
  expect(certificatesOf('held')).toBe('/certificates?status=held')
  expect(waitingChallenges()).toBe('/challenges?state=pending')
  expect(failedBecause('challenge_expired', MONDAY)).toBe(
    '/enrolments?state=unsuccessful&cause=challenge_expired&from=2026-11-23',
  )
})

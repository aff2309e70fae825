/** When something begins to need attention. */
import { expect, test } from 'vitest'
import { crlFreshness, expiryOf, responderFreshness } from './freshness'

const HOUR = 60 * 60 * 1000
const now = new Date('2026-11-23T12:00:00Z')
const crl = (ageHours: number, leftHours: number) => ({
  thisUpdate: new Date(now.getTime() - ageHours * HOUR),
  nextUpdate: new Date(now.getTime() + leftHours * HOUR),
})

test('a list is fresh, late from half of its life on, and stale at its end', () => {
  expect(crlFreshness(crl(4, 6), now)).toBe('fresh')
  expect(crlFreshness(crl(5, 5), now)).toBe('late')
  expect(crlFreshness(crl(10, 0), now)).toBe('stale')
})

test('a responder is fresh, late from half its life on, and stale at its end', () => {
  const responder = (ageHours: number) => ({
    notAfter: new Date(now.getTime() + (168 - ageHours) * HOUR),
    renewsAt: new Date(now.getTime() + (84 - ageHours) * HOUR),
  })
  expect(responderFreshness(responder(84), now)).toBe('fresh')
  expect(responderFreshness(responder(85), now)).toBe('late')
  expect(responderFreshness(responder(168), now)).toBe('stale')
})

test('a certificate is far from its end, soon there, or over', () => {
  const inHours = (hours: number) => new Date(now.getTime() + hours * HOUR)
  expect(expiryOf(inHours(24 * 31), now, 30)).toBe('far')
  expect(expiryOf(inHours(24 * 29), now, 30)).toBe('soon')
  expect(expiryOf(now, now, 30)).toBe('over')
})

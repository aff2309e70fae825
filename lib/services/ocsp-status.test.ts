/** What is said of a certificate, from its own record and its issuer's. */
import { describe, expect, test } from 'vitest'
import type { RevocationReason } from './certificates'
import { certStatus, validityMs } from './ocsp-status'

const AT = new Date('2026-11-23T12:00:00.750Z')
const LATER = new Date('2026-11-24T12:00:00Z')
const SECOND = new Date('2026-11-23T12:00:00Z')
const revoked = (reason: RevocationReason, at = AT) => ({ at, reason })
const MINUTE = 60_000

describe('a certificate is', () => {
  test('unknown when it is not on record, good when it is', () => {
    expect(certStatus(null)).toEqual({ status: 'unknown' })
    expect(certStatus({ revoked: null, issuer: { revoked: null } })).toEqual({ status: 'good' })
  })

  test('revoked since a whole second', () => {
    const record = { revoked: revoked('superseded'), issuer: { revoked: null } }
    expect(certStatus(record)).toEqual({ status: 'revoked', at: SECOND, reason: 'superseded' })
  })

  test.each([
    ['keyCompromise', 'cACompromise'],
    ['cACompromise', 'cACompromise'],
    ['cessationOfOperation', 'cessationOfOperation'],
    ['certificateHold', 'certificateHold'],
  ] as const)('revoked with its issuer: %s says %s', (of, reason) => {
    expect(certStatus({ revoked: null, issuer: { revoked: revoked(of) } })).toEqual({
      status: 'revoked',
      at: SECOND,
      reason,
    })
  })

  test("revoked for its own reason rather than its issuer's, but on hold only where that is all", () => {
    const issuer = { revoked: revoked('cessationOfOperation', LATER) }
    expect(certStatus({ revoked: revoked('keyCompromise'), issuer })).toMatchObject({
      reason: 'keyCompromise',
      at: SECOND,
    })
    expect(certStatus({ revoked: revoked('certificateHold'), issuer })).toMatchObject({
      reason: 'cessationOfOperation',
    })
  })
})

test('what may change is believed for minutes, what cannot for a day', () => {
  const of = (reason: RevocationReason) => ({ status: 'revoked', at: AT, reason }) as const
  expect(validityMs({ status: 'good' }, 'device')).toBe(10 * MINUTE)
  expect(validityMs({ status: 'good' }, 'authority')).toBe(60 * MINUTE)
  expect(validityMs({ status: 'unknown' }, 'device')).toBe(5 * MINUTE)
  expect(validityMs(of('certificateHold'), 'device')).toBe(5 * MINUTE)
  expect(validityMs(of('superseded'), 'device')).toBe(24 * 60 * MINUTE)
})

/** When a certificate may renew itself, without stores: the window, and what no message in other tests can show. */
import { describe, expect, test } from 'vitest'
import { encodeName, parseName } from '@/lib/pki/name'
import type { Serial } from '@/lib/pki/serial'
import { ENDPOINT_DEFAULTS } from './endpoint-settings'
import { failedCheck, type HeldCertificate, renewableFrom } from './renewal-checks'

const DAY_MS = 86_400_000
const BEGIN = new Date('2026-01-01T00:00:00Z')
const daysOn = (days: number) => new Date(BEGIN.getTime() + days * DAY_MS)
const subjectDer = encodeName([{ type: 'CN', value: 'tablet-7' }])
const HELD: HeldCertificate = {
  id: 'certificate',
  kind: 'leaf',
  serial: '01' as Serial,
  der: new Uint8Array(),
  issuerDer: subjectDer,
  authorityId: 'authority',
  endpointId: 'endpoint',
  subject: 'CN=tablet-7',
  subjectDer,
  san: [],
  spkiSha256: new Uint8Array(32),
  notBefore: BEGIN,
  notAfter: daysOn(90),
  revokedAt: null,
  revocationReason: null,
  issuerRevoked: false,
  rules: {},
  lineageId: 'certificate',
}
const REQUEST = {
  messageType: 17,
  endpoint: { ...ENDPOINT_DEFAULTS, id: 'endpoint' },
  csr: { subjectDer, subject: parseName(subjectDer), san: [] },
}
const check = (held: Partial<HeldCertificate>, now: Date, endpoint: Partial<typeof REQUEST.endpoint> = {}) => {
  const noted: [string, boolean][] = []
  const request = { ...REQUEST, endpoint: { ...REQUEST.endpoint, ...endpoint } }
  const problem = failedCheck({ ...HELD, ...held }, request, now, (name, passed) => noted.push([name, passed]))
  return { reason: problem?.reason ?? null, noted }
}

describe('the window', () => {
  test.each([
    ['the last third of a short life', 9, null, 6],
    ['thirty days of a long one', 365, null, 335],
    ['as many days as the endpoint says', 365, 90, 275],
    ['the whole life, if the endpoint says more than it has', 10, 30, -20],
  ])('is %s', (_what, life, windowDays, opens) => {
    expect(renewableFrom({ notBefore: BEGIN, notAfter: daysOn(life) }, windowDays)).toEqual(daysOn(opens))
  })

  test('opens at its first instant and closes with the certificate', () => {
    expect(check({}, new Date(daysOn(60).getTime() - 1)).reason).toBe('renewal_too_early')
    expect(check({}, daysOn(60)).reason).toBeNull()
    expect(check({}, new Date(daysOn(90).getTime() - 1)).reason).toBeNull()
    expect(check({}, daysOn(90)).reason).toBe('renewal_signer_expired')
    expect(check({ notBefore: daysOn(80) }, daysOn(70)).reason).toBe('renewal_signer_expired')
  })
})

test('a certificate of another endpoint of the group does not renew here', () => {
  expect(check({ endpointId: 'another' }, daysOn(70)).reason).toBe('renewal_other_endpoint')
})

test.each(['root', 'issuer', 'ra'] as const)('a certificate of kind %s renews nothing', (kind) => {
  expect(check({ kind }, daysOn(70)).reason).toBe('renewal_signer_no_leaf')
})

test('revocation is looked at before anything that an endpoint could be set to', () => {
  const revoked = { revokedAt: daysOn(1), revocationReason: 'keyCompromise' } as const
  expect(check(revoked, daysOn(70), { renewal: false }).reason).toBe('renewal_signer_revoked')
})

test('a certificate whose issuer is revoked renews nothing', () => {
  expect(check({ issuerRevoked: true }, daysOn(70)).reason).toBe('renewal_issuer_revoked')
})

test('what passed and what did not is noted, in order, up to the first that did not', () => {
  expect(check({}, daysOn(10)).noted).toEqual([
    ['leaf', true],
    ['notRevoked', true],
    ['issuer', true],
    ['offered', true],
    ['endpoint', true],
    ['valid', true],
    ['subject', true],
    ['names', true],
    ['window', false],
  ])
})

/** What a request of Intune's may wish for: only ever less than the profile. */
import { expect, test } from 'vitest'
import { encodeExtendedKeyUsage } from '@/lib/pki/extension-values'
import { OID } from '@/lib/pki/oid'
import { checkPolicy } from './challenge-match'
import { namesOf } from './delegate'
import { wishedDays, wishedRules } from './intune-request'

const pairs = (period: string, units: string) => [
  { name: 'ValidityPeriod', value: period },
  { name: 'ValidityPeriodUnits', value: units },
]

test.each<[string, string, number | null]>([
  ['Years', '1', 365],
  ['Months', '6', 180],
  ['Weeks', '2', 14],
  ['days', '5', 5],
  // As Android sends it.
  ['1', 'Years', 365],
  ['99999', 'Years', 3_650],
  ['Years', '0', null],
  ['Years', '-1', null],
  ['Fortnights', '1', null],
  ['1', '2', null],
])('a validity of %s and %s is %j days at most', (period, units, days) => {
  expect(wishedDays(pairs(period, units))).toBe(days)
})

test('no wish, no bound', () => {
  expect(wishedDays([])).toBeNull()
  expect(wishedDays([{ name: 'ValidityPeriod', value: 'Years' }])).toBeNull()
})

const asks = (...usages: string[]) => ({
  nameValuePairs: [],
  requestedExtensions: [{ oid: OID.extendedKeyUsage, critical: false, value: encodeExtendedKeyUsage(usages) }],
})
const PROFILE = { extendedKeyUsage: [OID.clientAuth, OID.emailProtection] }

test('of the usages, those that both the request and the profile have', () => {
  expect(wishedRules(asks(OID.clientAuth, OID.serverAuth), PROFILE)).toEqual({ extendedKeyUsage: [OID.clientAuth] })
  expect(wishedRules(asks(OID.anyExtendedKeyUsage), PROFILE)).toEqual({})
  expect(wishedRules({ nameValuePairs: [], requestedExtensions: [] }, PROFILE)).toEqual({})
  expect(() => wishedRules(asks(OID.serverAuth), PROFILE)).toThrow(
    expect.objectContaining({ reason: 'policy_refused' }),
  )
})

const SID_EXTENSION = { oid: '1.3.6.1.4.1.311.25.2', critical: false, value: new Uint8Array([0x30, 0]) }
const SID_URI = { type: 'uri', value: 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500' } as const
const KEY = { algorithm: 'EC', curve: 'P-256' } as never

test('a security identifier: the extension is dropped, the compared name passes, and elsewhere both are refused', () => {
  const rules = { minRsaBits: 2_048, ellipticCurves: ['P-256'], extendedKeyUsage: [] }
  const request = { publicKey: KEY, requestedExtensions: [SID_EXTENSION], san: [SID_URI] }
  expect(checkPolicy(request, { ...rules, securityIdentifier: 'compared' })).toEqual({
    allowed: true,
    dropped: [SID_EXTENSION.oid],
  })
  for (const each of [
    { ...request, san: [] },
    { ...request, requestedExtensions: [] },
  ])
    expect(checkPolicy(each, rules)).toMatchObject({ allowed: false, reason: 'sid_requested' })
  const subject = [{ type: 'CN', value: 'laptop' }] as never
  expect(namesOf(subject, [SID_URI], { sidChecked: true }).san).toEqual([SID_URI])
  expect(() => namesOf(subject, [SID_URI])).toThrow(expect.objectContaining({ reason: 'csr_rejected' }))
})

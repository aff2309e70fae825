/** What the marks of the set-up mean, and what its end says is missing. */
import { expect, test } from 'vitest'
import { ACCESS_DEFAULTS } from '@/lib/services/network-access'
import type { ReadinessCheck } from '@/lib/services/radius-readiness'
import { isDone, obstaclesOf, type Standing, type StepId, setButOff, stateOf } from './standing'

const saved = new Date('2026-11-27T12:00:00Z')
const FRESH: Standing = {
  endpoint: { policy: 'dynamic', enabled: true, validatorId: null },
  staticSecrets: 0,
  network: { ...ACCESS_DEFAULTS, updatedAt: null },
  rules: [{ action: 'report' }],
  mdms: 1,
  certificates: 0,
  listeners: 0,
}
const endpoint = (policy: 'static' | 'delegated', validatorId: string | null = null) => ({
  endpoint: { policy, enabled: true, validatorId },
})

test.each<[StepId, string, Partial<Standing>, boolean]>([
  ['enrolment', 'one-time challenges', {}, true],
  ['enrolment', 'no endpoint yet', { endpoint: null }, false],
  ['enrolment', 'switched off', { endpoint: { policy: 'dynamic', enabled: false, validatorId: null } }, false],
  ['enrolment', 'a static challenge that nobody made', endpoint('static'), false],
  ['enrolment', 'a static challenge', { ...endpoint('static'), staticSecrets: 1 }, true],
  ['enrolment', 'nobody who is asked', endpoint('delegated'), false],
  ['enrolment', 'a validator', endpoint('delegated', 'v'), true],
  ['network', 'never saved', {}, false],
  ['network', 'let in', { network: { ...ACCESS_DEFAULTS, enabled: true, updatedAt: saved } }, true],
  ['network', 'off, and nothing else', { network: { ...ACCESS_DEFAULTS, updatedAt: saved } }, true],
  ['network', 'a VLAN, but off', { network: { ...ACCESS_DEFAULTS, vlan: '20', updatedAt: saved } }, false],
  ['devices', 'an MDM, and rules that only report', {}, false],
  ['devices', 'no MDM that could tell', { mdms: 0 }, true],
  ['devices', 'a rule that revokes', { rules: [{ action: 'report' }, { action: 'revoke' }] }, true],
  ['profiles', 'no device yet', {}, false],
  ['profiles', 'a device has its certificate', { certificates: 1 }, true],
  ['notices', 'nobody hears', {}, false],
  ['notices', 'somebody hears', { listeners: 1 }, true],
])('%s, %s', (step, _, change, done) => {
  expect(isDone(step, { ...FRESH, ...change })).toBe(done)
})

test('what was passed by is left for later, what comes is ahead, and a tick stays wherever one stands', () => {
  expect(stateOf('network', 'devices', FRESH)).toBe('later')
  expect(stateOf('notices', 'devices', FRESH)).toBe('ahead')
  expect(stateOf('devices', 'devices', FRESH)).toBe('ahead')
  expect(stateOf('notices', 'enrolment', { ...FRESH, listeners: 1 })).toBe('done')
})

test('a VLAN that nobody gets is noticed, one that is let in or a group that was never set is not', () => {
  const network = { ...ACCESS_DEFAULTS, vlan: '20', updatedAt: saved }
  expect(setButOff(network)).toBe(true)
  expect(setButOff({ ...network, enabled: true })).toBe(false)
  expect(setButOff(FRESH.network)).toBe(false)
})

test('the end names what keeps a device out, with the place where it is mended, and nothing that is well', () => {
  const check = (what: ReadinessCheck['what'], verdict: ReadinessCheck['verdict']): ReadinessCheck => ({
    ...{ what, verdict, evidence: `${what} is ${verdict}`, authority: null, url: null },
    ...{ thisUpdate: null, nextUpdate: null },
  })
  const checks = [check('access', 'warn'), check('key', 'warn'), check('address', 'fail'), check('login', 'ok')]
  expect(obstaclesOf('staff', FRESH, checks).map(({ text, href }) => [text, href])).toEqual([
    ['access is warn', '/groups/staff/set-up?step=network'],
    ['key is warn', '/settings/api-keys'],
    ['address is fail', '/help/configuration'],
  ])
  expect(obstaclesOf('staff', { ...FRESH, ...endpoint('static') }, [])).toMatchObject([
    { href: '/groups/staff/set-up?step=enrolment' },
  ])
})

import { expect, test } from 'vitest'
import { type FreeRadiusOptions, freeRadiusConfig } from './freeradius-config'
import { readme } from './freeradius-readme'

const EVIL = '%{exec:id}\n\'"}'.concat('$', '{x}')
const OPTIONS: FreeRadiusOptions = {
  checks: { rest: true, crl: true, ocsp: true },
  onOutage: 'reject',
  portalUrl: 'https://latchkey.example.com',
  groups: [
    {
      name: EVIL,
      access: { vlan: '20', filterId: null, class: null, sessionTimeoutSeconds: 600 },
      issuerKeyIds: ['0a1b2c3d'],
    },
  ],
  ocspUrl: 'http://pki.example.com/ocsp/staff',
}
const fileOf = (options: FreeRadiusOptions, path: string) =>
  freeRadiusConfig(options).find((file) => file.path.endsWith(path))?.text

test('outages keep everybody out, unless chosen otherwise', () => {
  const setting = (options: FreeRadiusOptions, name: string) =>
    new RegExp(`^\\s+${name} = (\\w+)$`, 'm').exec(fileOf(options, 'latchkey_eap') ?? '')?.[1]
  for (const name of ['softfail', 'allow_expired_crl']) {
    expect(setting(OPTIONS, name)).toBe('no')
    expect(setting({ ...OPTIONS, onOutage: 'accept' }, name)).toBe('yes')
  }
})

test('the portal is asked or not, and the other checks are on or off', () => {
  const checks = { rest: false, crl: false, ocsp: false }
  const without = { ...OPTIONS, checks }
  expect(fileOf(OPTIONS, 'latchkey_rest')).toContain('uri = "https://latchkey.example.com/api/v1/radius/authorize"')
  expect(fileOf(without, 'latchkey_rest')).toBeUndefined()
  expect(fileOf(without, 'latchkey_eap')).toContain('check_crl = no')
  expect(fileOf(without, 'latchkey_check')).toContain('/^(keyid:)?0A:1B:2C:3D/')
  expect(fileOf(without, 'latchkey_check')).toContain("&Tunnel-Private-Group-Id := '20'")
})

test('every check begins with a rejection', () => {
  for (const rest of [true, false]) {
    const text = fileOf({ ...OPTIONS, checks: { ...OPTIONS.checks, rest } }, 'latchkey_check') ?? ''
    expect(text.indexOf('Reject')).toBeGreaterThan(0)
    expect(text.indexOf('Reject')).toBeLessThan(text.indexOf('Accept'))
  }
})

test('the name of a group is a comment at most, and says nothing to the server', () => {
  const checks = { rest: false, crl: true, ocsp: true }
  const text = freeRadiusConfig({ ...OPTIONS, checks }).map((file) => file.text)
  expect(text.join('')).not.toContain('%{exec')
  expect(text.join('')).not.toContain("\n'")
})

test('a group without network access is kept out where the portal is not asked', () => {
  const groups = [{ name: 'Guests', access: null, issuerKeyIds: ['0a1b2c3d'] }]
  const text = fileOf({ ...OPTIONS, groups, checks: { ...OPTIONS.checks, rest: false } }, 'latchkey_check')
  expect(text).toContain('# Guests has no network access.')
  expect(text).not.toContain('Accept')
})

test('README says what there is to do', () => {
  const { text } = readme(OPTIONS)
  expect(text).toContain('api-key.conf')
  expect(readme({ ...OPTIONS, checks: { rest: false, crl: true, ocsp: false } }).text).not.toContain('api-key')
})

import { expect, test } from 'vitest'
import {
  checkedIntuneCredential,
  checkedIntuneSettings,
  INTUNE_DEFAULTS,
  intuneCredentialMoves,
  intuneSecret,
} from './intune-settings'

const LEAST = { tenant: 'Contoso.onmicrosoft.com', applicationId: '11111111-2222-3333-4444-55555555555A' }

test('tenant and application are enough; everything else has a default', () => {
  expect(checkedIntuneSettings(LEAST, null)).toEqual({
    ...INTUNE_DEFAULTS,
    tenant: 'contoso.onmicrosoft.com',
    applicationId: '11111111-2222-3333-4444-55555555555a',
  })
  expect(INTUNE_DEFAULTS.intuneScope).toBe('https://api.manage.microsoft.com//.default')
})

test('a change keeps what it does not name', () => {
  const before = checkedIntuneSettings({ ...LEAST, revocationMinutes: 15 }, null)
  expect(checkedIntuneSettings({ strictReplay: false }, before)).toEqual({ ...before, strictReplay: false })
})

test.each([
  ['tenant', 'common tenant'],
  ['tenant', '../x'],
  ['applicationId', 'my app'],
  ['authorityUrl', 'ftp://login.example'],
  ['authorityUrl', 'https://user:word@login.example/'],
  ['intuneScope', 'https://api.manage.microsoft.com'],
  ['serviceHosts', []],
  ['serviceHosts', ['*']],
  ['serviceHosts', 'manage.microsoft.com'],
  ['revocationMinutes', 0],
  ['revocationMinutes', 2.5],
  ['revocationReason', 'certificateHold'],
  ['revocationReason', 'boredom'],
  ['resultCodes', 'words'],
  ['strictReplay', 'yes'],
  ['allowedHosts', ['a b']],
  ['colour', 'blue'],
])('the setting %s is not %j', (field, value) => {
  expect(() => checkedIntuneSettings({ ...LEAST, [field]: value }, null)).toThrow(
    expect.objectContaining({ code: 'invalid_input', fields: { [field]: expect.any(String) } }),
  )
})

test('the ID of a secret is not taken for its value', () => {
  expect(() => checkedIntuneCredential({ clientSecret: LEAST.applicationId })).toThrow(/ID of the secret/)
  expect(intuneSecret(checkedIntuneCredential({ clientSecret: ' s3cret~value ' }))).toBe('s3cret~value')
})

test.each(['authorityUrl', 'tenant', 'applicationId', 'credentialKind'])(
  'another %s needs the credential anew',
  (field) => {
    const before = checkedIntuneSettings(LEAST, null)
    const other = {
      authorityUrl: 'https://login.example/',
      tenant: 'other.example',
      applicationId: '99999999-2222-3333-4444-555555555555',
      credentialKind: 'certificate',
    }[field]
    expect(intuneCredentialMoves(before, checkedIntuneSettings({ [field]: other }, before))).toBe(true)
    expect(intuneCredentialMoves(before, checkedIntuneSettings({ revocationMinutes: 60 }, before))).toBe(false)
  },
)

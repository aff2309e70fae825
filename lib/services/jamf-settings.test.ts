import { expect, test } from 'vitest'
import { namesOf } from './jamf-names'
import {
  checkedJamfCredential,
  checkedJamfSettings,
  JAMF_DEFAULTS,
  jamfClientSecret,
  jamfCredentialMoves,
} from './jamf-settings'

const least = { url: 'https://example.jamfcloud.com/' }

test('what is not said has its default, and a slash at the end of the address does not matter', () => {
  expect(checkedJamfSettings(least, null)).toEqual({ ...JAMF_DEFAULTS, url: 'https://example.jamfcloud.com' })
})

test('a change keeps what it does not name, and nothing that is no setting gets in', () => {
  const before = checkedJamfSettings({ ...least, ttlMinutes: 90, smartGroups: ['Staff', ' '], clientId: 'abc' }, null)
  const after = checkedJamfSettings({ deviceless: 'refuse', clientSecret: 'no' }, before)
  expect(after).toEqual({ ...before, deviceless: 'refuse' })
  expect(before.smartGroups).toEqual(['Staff'])
})

test.each([
  ['url', { url: 'ftp://example.com' }],
  ['url', { url: 'https://ada:secret@example.com' }],
  ['url', {}],
  ['clientId', { ...least, confirmManaged: true }],
  ['clientId', { ...least, smartGroups: ['Staff'] }],
  ['endpoint', { ...least, clientId: 'abc', lookupBeforeIssuing: true }],
  ['endpoint', { ...least, endpoint: 'No Slug' }],
  [
    'subjectTemplate',
    { ...least, clientId: 'abc', endpoint: 'staff', lookupBeforeIssuing: true, subjectTemplate: 'CN=$EMAIL' },
  ],
  ['webhookAuth', { ...least, webhookAuth: 'none' }],
  ['webhookUser', { ...least, webhookUser: 'a:b' }],
  ['webhookHeader', { ...least, webhookAuth: 'header', webhookHeader: 'Host' }],
  ['webhookHeader', { ...least, webhookAuth: 'header', webhookHeader: 'X-Forwarded-For' }],
  ['webhookHeader', { ...least, webhookAuth: 'header', webhookHeader: 'no header' }],
  ['deviceless', { ...least, deviceless: 'usable' }],
  ['subjectTemplate', { ...least, subjectTemplate: 'CN=everybody' }],
  ['subjectTemplate', { ...least, subjectTemplate: 'CN=$EXTENSIONATTRIBUTE_4' }],
  ['subjectTemplate', { ...least, subjectTemplate: 'CN=$SERIALNUMBER-$PROFILE_IDENTIFIER' }],
  ['subjectTemplate', { ...least, subjectTemplate: 'CN=$PROFILE_IDENTIFIER' }],
  ['subjectTemplate', { ...least, subjectTemplate: 'nonsense' }],
  ['sanTemplates', { ...least, sanTemplates: ['mail:$EMAIL'] }],
  ['sanTemplates', { ...least, sanTemplates: ['email:$USERNAME'] }],
  ['ttlMinutes', { ...least, ttlMinutes: 4 }],
  ['ttlMinutes', { ...least, ttlMinutes: '60' }],
  ['confirmManaged', { ...least, confirmManaged: 'yes' }],
  ['smartGroups', { ...least, smartGroups: 'Staff' }],
  ['allowedHosts', { ...least, allowedHosts: ['not a host'] }],
])('%s is refused by name: %j', (field, input) => {
  expect(() => checkedJamfSettings(input, null)).toThrow(
    expect.objectContaining({
      code: 'invalid_input',
      fields: expect.objectContaining({ [field]: expect.any(String) }),
    }),
  )
})

test('the templates take what a device says as a value, never as another part of the name', () => {
  const templates = {
    subjectTemplate: 'CN=$COMPUTERNAME,OU=$PROFILE_IDENTIFIER,O=Example',
    sanTemplates: ['email:$EMAIL'],
  }
  expect(namesOf(templates, { COMPUTERNAME: 'Mac,OU=Admins $EMAIL', EMAIL: 'ada@example.com' })).toEqual({
    subject: [
      { type: 'CN', value: 'Mac,OU=Admins $EMAIL' },
      { type: 'O', value: 'Example' },
    ],
    san: [{ type: 'email', value: 'ada@example.com' }],
  })
})

test('a variable without a value is named', () => {
  const templates = { subjectTemplate: 'CN=$SERIALNUMBER', sanTemplates: ['email:$EMAIL'] }
  expect(() => namesOf(templates, { SERIALNUMBER: 'C02' })).toThrow(
    expect.objectContaining({
      code: 'policy_refused',
      reason: 'variable_unresolved',
      sentence: expect.stringContaining('$EMAIL'),
    }),
  )
})

test('the client secret is kept as it is, and refused when there is none', () => {
  expect(jamfClientSecret(checkedJamfCredential({ clientSecret: ' s3cret ' }))).toBe('s3cret')
  for (const input of [null, {}, { clientSecret: '' }, { clientSecret: 'a\nb' }, { clientSecret: 'x'.repeat(501) }])
    expect(() => checkedJamfCredential(input)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('another server or another client needs its secret anew; nothing else does', () => {
  const before = checkedJamfSettings({ ...least, clientId: 'abc' }, null)
  const changed = (change: object) => jamfCredentialMoves(before, checkedJamfSettings(change, before))
  expect(changed({ url: 'https://other.jamfcloud.com' })).toBe(true)
  expect(changed({ clientId: 'abd' })).toBe(true)
  expect(changed({ ttlMinutes: 30, endpoint: 'staff', allowedHosts: ['jamf.internal'] })).toBe(false)
})

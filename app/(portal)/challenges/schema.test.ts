/** The form that mints: rows into names. */
import { expect, test } from 'vitest'
import { MintSchema } from './schema'

const form = { endpoint: 'staff', commonName: ' tablet-7 ', ttlMinutes: '60' }

test('rows become names in their order, and empty rows are none', () => {
  const parsed = MintSchema.parse({
    ...form,
    rdnType: ['O', 'OU'],
    rdnValue: ['Example', '  '],
    sanType: ['dns', 'upn'],
    sanValue: ['tablet-7.example.org', 'ada@example.org'],
    deviceName: 'asset 4711',
  })
  expect(parsed).toEqual({
    endpoint: 'staff',
    subject: [
      { type: 'CN', value: 'tablet-7' },
      { type: 'O', value: 'Example' },
    ],
    san: [
      { type: 'dns', value: 'tablet-7.example.org' },
      { type: 'upn', value: 'ada@example.org' },
    ],
    ttlMinutes: 60,
    deviceName: 'asset 4711',
  })
})

test.each([
  ['an unknown field', { admin: 'yes' }],
  ['an unknown kind of name', { sanType: ['x400'], sanValue: ['a'] }],
  ['no time', { ttlMinutes: '0' }],
  ['more than a day', { ttlMinutes: '1441' }],
  ['half a minute', { ttlMinutes: '0.5' }],
  ['words for a time', { ttlMinutes: 'soon' }],
])('%s is refused', (_what, change) => expect(MintSchema.safeParse({ ...form, ...change }).success).toBe(false))

test('what is advanced is asked only where it was filled in', () => {
  const empty = {
    format: '',
    messageType: '',
    subjectMode: '',
    minRsaBits: '',
    deviceSerial: ' ',
    extraSubjectParts: '',
  }
  expect(MintSchema.parse({ ...form, ...empty })).toEqual(MintSchema.parse(form))
  expect(
    MintSchema.parse({ ...form, format: 'sealed', messageType: 'PKCSReq', minRsaBits: '3072', keyAlgorithm: 'RSA' }),
  ).toMatchObject({
    format: 'sealed',
    rules: { messageTypes: ['PKCSReq'], minRsaBits: 3072, keyAlgorithms: ['RSA'] },
  })
  expect(MintSchema.parse({ ...form, subjectMode: 'template', extraSubjectParts: 'OU, SERIALNUMBER' }).rules).toEqual({
    subjectMode: 'template',
    extraSubjectParts: ['OU', 'SERIALNUMBER'],
  })
})

test.each([
  ['a format that is minted elsewhere', { format: 'signed' }],
  ['too small a key', { minRsaBits: '1024' }],
  ['half a day', { maxValidityDays: '0.5' }],
])('%s is refused', (_what, change) => expect(MintSchema.safeParse({ ...form, ...change }).success).toBe(false))

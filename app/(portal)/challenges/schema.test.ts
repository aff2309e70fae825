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

/** Rules beyond the names: every way a request can differ from them, and every way it need not. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { buildCsr, parseCsr } from '@/lib/pki/csr'
import { encodeExtendedKeyUsage } from '@/lib/pki/extension-values'
import { OID } from '@/lib/pki/oid'
import { sha256 } from './certificate-intent'
import { matchRequest } from './challenge-request-match'
import { type ChallengeRules, checkedRules } from './challenge-rules'
import { RulesShape } from './challenge-rules-shape'
import type { RelativeName, SubjectAlternativeName } from './challenges'
import { compareFields } from './field-comparison'
import { rsaKey } from './testing/enrolment'

const BOUND: RelativeName[] = [
  { type: 'CN', value: 'tablet-7' },
  { type: 'O', value: 'Example' },
]
const NAMES: SubjectAlternativeName[] = [
  { type: 'dns', value: 'tablet-7.example.com' },
  { type: 'email', value: 'ada@example.com' },
]
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey

function verdict(rules: ChallengeRules, asked: Parameters<typeof csrOf>[0] = {}, messageType = 19) {
  return matchRequest({ csr: csrOf(asked), messageType }, { v: 1, subject: BOUND, san: NAMES, rules })
}

function csrOf({
  subject = BOUND,
  san = NAMES,
  privateKey = rsaKey(0),
  usages,
  digest,
}: {
  subject?: RelativeName[]
  san?: SubjectAlternativeName[]
  privateKey?: typeof ec
  usages?: string[]
  digest?: 'sha256' | 'sha512'
} = {}) {
  const csr = parseCsr(buildCsr({ subject, san, privateKey, ...(digest ? { digest } : {}) }))
  if (usages === undefined) return csr
  const extension = { oid: OID.extendedKeyUsage, critical: false, value: encodeExtendedKeyUsage(usages) }
  return { ...csr, requestedExtensions: [...csr.requestedExtensions, extension] }
}

const hashOf = (key: typeof ec) =>
  Buffer.from(sha256(createPublicKey(key).export({ type: 'spki', format: 'der' }))).toString('hex')

describe('any name that fits a template', () => {
  const open = (subjectTemplate: string, asked: Parameters<typeof csrOf>[0] = {}, rules: ChallengeRules = {}) =>
    matchRequest(
      { csr: csrOf(asked), messageType: 19 },
      { v: 1, subject: [], san: [], rules: { subjectTemplate, ...rules } },
    )

  test('the certificate says what the request asks for, as it encodes it, within the other rules', () => {
    const template = 'CN=tablet-*,O=Example; dns:*.example.com; email:*@example.com'
    const subject = BOUND.toReversed()
    const csr = csrOf({ subject })
    expect(open(template, { subject }, { maxValidityDays: 7 })).toEqual({
      matches: true,
      constraints: {
        v: 1,
        subject,
        san: NAMES,
        subjectDer: Buffer.from(csr.subjectDer).toString('base64'),
        rules: { subjectTemplate: template, maxValidityDays: 7 },
      },
    })
  })

  test.each<[string, Parameters<typeof csrOf>[0], string, string[]]>([
    ['another name', { subject: [{ type: 'CN', value: 'laptop-7' }], san: [] }, 'subject_mismatch', ['subject']],
    ['an alternative name', { san: [{ type: 'dns', value: 'bank.org' }] }, 'san_mismatch', ['san']],
    [
      'both',
      { subject: [{ type: 'CN', value: 'bank' }], san: [{ type: 'dns', value: 'bank.org' }] },
      'subject_mismatch',
      ['subject', 'san'],
    ],
    [
      'a star',
      { subject: [BOUND[1] as RelativeName, { type: 'CN', value: 'tablet-*' }], san: [] },
      'subject_mismatch',
      ['subject'],
    ],
    [
      'a variable',
      { subject: [BOUND[1] as RelativeName, { type: 'CN', value: 'tablet-$SERIALNUMBER' }], san: [] },
      'subject_mismatch',
      ['subject'],
    ],
    ['no name at all', { subject: [], san: [] }, 'subject_mismatch', ['subject']],
  ])('%s outside it differs', (_, asked, reason, fields) => {
    const outcome = open('CN=tablet-*,O=Example; dns:*.example.com', asked)
    expect(outcome).toMatchObject({ matches: false, reason })
    expect(!outcome.matches && outcome.differences.map(({ field }) => field)).toEqual(fields)
  })

  test('the other rules hold beside it', () => {
    const asked = { privateKey: ec, san: [] }
    expect(open('CN=tablet-*,O=Example', asked, { keyAlgorithms: ['RSA'] })).toMatchObject({ reason: 'key_mismatch' })
  })

  test('field by field, what the template allows stands beside what was asked', () => {
    const csr = csrOf({ san: [{ type: 'dns', value: 'bank.org' }] })
    const constraints = { v: 1 as const, subject: [], san: [], rules: { subjectTemplate: 'CN=tablet-*,O=Example' } }
    const limits = { minRsaBits: 2048, ellipticCurves: [], extendedKeyUsage: [] }
    expect(compareFields(csr, constraints, limits).slice(0, 2)).toEqual([
      {
        field: 'subject',
        expected: ['CN=tablet-*,O=Example'],
        received: ['CN=tablet-7,O=Example'],
        verdict: 'fits',
      },
      { field: 'san', expected: [], received: ['dns:bank.org'], verdict: 'differs' },
    ])
  })

  test('nobody from outside may ask for it: a minter would mint beyond its limits', () => {
    expect(RulesShape.safeParse({ subjectTemplate: 'CN=tablet-*' }).success).toBe(false)
  })
})

describe('a subject as a template', () => {
  const template: ChallengeRules = { subjectMode: 'template', extraSubjectParts: ['OU', 'SERIALNUMBER'] }

  test('any order fits, and the certificate says the bound parts first, then those that were added', () => {
    const subject = [{ type: 'OU', value: 'Field' }, ...BOUND.toReversed(), { type: 'SERIALNUMBER', value: 'C02X' }]
    expect(verdict(template, { subject })).toMatchObject({
      matches: true,
      constraints: { subject: [...BOUND, { type: 'OU', value: 'Field' }, { type: 'SERIALNUMBER', value: 'C02X' }] },
    })
  })

  test.each([
    ['a part that may not be added', [...BOUND, { type: 'L', value: 'Bern' }]],
    ['a second common name', [...BOUND, { type: 'CN', value: 'admin' }]],
    ['a bound part missing', BOUND.slice(0, 1)],
    ['another value', [{ type: 'CN', value: 'tablet-8' }, BOUND[1] as RelativeName]],
    ['a variable that was never replaced', [...BOUND, { type: 'OU', value: '$DEPARTMENT' }]],
  ])('%s does not', (_, subject) => {
    expect(verdict(template, { subject })).toMatchObject({
      matches: false,
      reason: 'subject_mismatch',
      differences: [{ field: 'subject', expected: ['CN=tablet-7,O=Example', 'OU=…', 'SERIALNUMBER=…'] }],
    })
  })

  test('without it the order counts', () => {
    expect(verdict({ sanMode: 'subset' }, { subject: BOUND.toReversed() })).toMatchObject({
      matches: false,
      reason: 'subject_mismatch',
    })
  })
})

test.each<[string, ChallengeRules, Parameters<typeof csrOf>[0], string, string]>([
  ['a name left out', { sanMode: 'exact' }, { san: NAMES.slice(0, 1) }, 'san_mismatch', 'san'],
  [
    'a name too many',
    { sanMode: 'exact' },
    { san: [...NAMES, { type: 'dns', value: 'x.example' }] },
    'san_mismatch',
    'san',
  ],
  ['another algorithm', { keyAlgorithms: ['EC'] }, {}, 'key_mismatch', 'key'],
  ['a key too small', { minRsaBits: 3072 }, {}, 'key_mismatch', 'key'],
  ['another curve', { curves: ['P-256'] }, { privateKey: ec }, 'key_mismatch', 'key'],
  ['another key', { spkiSha256: hashOf(ec) }, {}, 'key_mismatch', 'key'],
  ['another hash', { signatureHashes: ['sha384'] }, {}, 'key_mismatch', 'signature'],
  [
    'another usage',
    { extendedKeyUsage: [OID.clientAuth] },
    { usages: [OID.clientAuth, OID.serverAuth] },
    'purpose_mismatch',
    'extendedKeyUsage',
  ],
  [
    'another device',
    { deviceSerial: 'C02A', subjectMode: 'template', extraSubjectParts: ['SERIALNUMBER'] },
    { subject: [...BOUND, { type: 'SERIALNUMBER', value: 'C02B' }] },
    'device_mismatch',
    'device',
  ],
])('%s does not fit, and the portal hears which field', (_, rules, asked, reason, field) => {
  expect(verdict(rules, asked)).toMatchObject({ matches: false, reason, differences: [{ field }] })
})

test('another kind of message does not fit', () => {
  expect(verdict({ messageTypes: ['RenewalReq'] })).toMatchObject({ reason: 'message_type_mismatch' })
  expect(verdict({ messageTypes: ['RenewalReq'] }, {}, 17)).toMatchObject({ matches: true })
})

test.each<[string, ChallengeRules, Parameters<typeof csrOf>[0]]>([
  ['all names, in another order', { sanMode: 'exact' }, { san: NAMES.toReversed() }],
  ['the very key', { spkiSha256: hashOf(ec) }, { privateKey: ec }],
  ['bits within', { keyAlgorithms: ['RSA'], minRsaBits: 2048, maxRsaBits: 4096 }, {}],
  ['a curve that is allowed', { curves: ['P-384'] }, { privateKey: ec }],
  ['no curve at all, where the algorithm is free', { curves: ['P-384'] }, {}],
  ['the hash', { signatureHashes: ['sha512'] }, { digest: 'sha512' }],
  ['Ed25519, which hashes with SHA-512', { signatureHashes: ['sha512'] }, { privateKey: ed }],
  ['usages left out', { extendedKeyUsage: [OID.clientAuth] }, {}],
  ['usages within', { extendedKeyUsage: [OID.clientAuth] }, { usages: [OID.clientAuth] }],
  ['a request that names no device', { deviceSerial: 'C02A', deviceUdid: '1' }, {}],
])('%s fits', (_, rules, asked) => expect(verdict(rules, asked)).toMatchObject({ matches: true }))

const PROFILE = '8E2D6C1A-0000-4000-8000-000000000001'

test.each(['CN', 'OU'])('the identifier of the profile may be added as %s, and is in the certificate', (type) => {
  const identifier = { type, value: PROFILE }
  const asked = { subject: [identifier, ...BOUND] }
  expect(verdict({ subjectMode: 'template', profileIdentifier: true }, asked)).toMatchObject({
    matches: true,
    constraints: { subject: [...BOUND, identifier] },
  })
  expect(verdict({ subjectMode: 'template' }, asked)).toMatchObject({ reason: 'subject_mismatch' })
})

test.each([
  ['a name', [{ type: 'CN', value: 'admin' }]],
  ['a variable that was not replaced', [{ type: 'OU', value: '$PROFILE_IDENTIFIER' }]],
  ['another part', [{ type: 'O', value: PROFILE }]],
  ['two of them', ['CN', 'OU'].map((type) => ({ type, value: PROFILE }))],
])('%s is no identifier of a profile', (_, added) => {
  const asked = { subject: [...BOUND, ...added] }
  expect(verdict({ subjectMode: 'template', profileIdentifier: true }, asked)).toMatchObject({
    reason: 'subject_mismatch',
  })
})

test('every field that differs is listed, not the first alone', () => {
  const result = verdict(
    { sanMode: 'exact', keyAlgorithms: ['EC'], signatureHashes: ['sha384'] },
    { subject: [{ type: 'CN', value: 'x' }], san: [] },
  )
  if (result.matches) throw new Error('it fits')
  expect(result.differences.map(({ field }) => field)).toEqual(['subject', 'san', 'key', 'signature'])
  expect(result.detail).toContain('key: expected "EC", received "RSA".')
})

describe('rules at minting', () => {
  const profile = { extendedKeyUsage: [OID.clientAuth] }

  test('are kept in one spelling, and none are no rules', () => {
    expect(checkedRules(undefined, profile)).toBeNull()
    expect(checkedRules({ keyAlgorithms: [], curves: [] }, profile)).toBeNull()
    expect(
      checkedRules(
        {
          subjectMode: 'template',
          extraSubjectParts: ['ou', '2.5.4.11', 'serialnumber'],
          spkiSha256: `${'AB:'.repeat(31)}AB`,
          extendedKeyUsage: ['clientAuth'],
          deviceSerial: ' C02A ',
        },
        profile,
      ),
    ).toEqual({
      subjectMode: 'template',
      extraSubjectParts: ['OU', 'SERIALNUMBER'],
      spkiSha256: 'ab'.repeat(32),
      extendedKeyUsage: [OID.clientAuth],
      deviceSerial: 'C02A',
    })
  })

  test.each<[string, ChallengeRules, string]>([
    ['a template beside a mode', { subjectTemplate: 'CN=a-*', subjectMode: 'exact' }, 'subjectTemplate'],
    ['a template for everything', { subjectTemplate: 'CN=*' }, 'subjectTemplate'],
    ['parts beside an exact subject', { extraSubjectParts: ['OU'] }, 'extraSubjectParts'],
    ['an unknown part', { subjectMode: 'template', extraSubjectParts: ['FOO'] }, 'extraSubjectParts'],
    ['a usage beyond the profile', { extendedKeyUsage: ['serverAuth'] }, 'extendedKeyUsage'],
    ['a small key', { minRsaBits: 1024 }, 'minRsaBits'],
    ['bits the wrong way round', { minRsaBits: 4096, maxRsaBits: 2048 }, 'maxRsaBits'],
    ['half a hash', { spkiSha256: 'ab' }, 'spkiSha256'],
    ['a device id with a line end', { deviceUdid: 'a\nb' }, 'deviceUdid'],
    ['no day at all', { maxValidityDays: 0 }, 'maxValidityDays'],
    ['an unknown hash', { signatureHashes: ['md5' as 'sha1'] }, 'signatureHashes'],
  ])('%s are refused, naming the field', (_, rules, field) => {
    expect(() => checkedRules(rules, profile)).toThrow(
      expect.objectContaining({ code: 'invalid_input', fields: { [field]: expect.any(String) } }),
    )
  })
})

/** Does a request say what its challenge allows? Every way to differ, and every way not to. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Csr, parseCsr } from '@/lib/pki/csr'
import { bitString, context, integer, oid, sequence, setOf } from '@/lib/pki/der-write'
import { type Extension, encodeExtensions } from '@/lib/pki/extension'
import { encodeBasicConstraints, encodeExtendedKeyUsage, encodeKeyUsage } from '@/lib/pki/extension-values'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { encodeSan } from '@/lib/pki/san'
import { signatureIdentifier } from '@/lib/pki/sign'
import { checkPolicy, matchNames } from './challenge-match'
import type { ChallengeConstraints, RelativeName, SubjectAlternativeName } from './challenges'
import { rsaKey, TABLET } from './testing/enrolment'

const RULES = { minRsaBits: 2048, ellipticCurves: ['P-256', 'P-384'], extendedKeyUsage: [OID.clientAuth] }

/** buildCsr of lib/pki writes what a good client writes; this one writes anything. */
function request(
  options: { subject?: RelativeName[]; san?: SubjectAlternativeName[]; extensions?: Extension[]; key?: KeyObject } = {},
): Csr {
  const { subject = TABLET, san = [], extensions = [], key = rsaKey(0) } = options
  const all = [
    ...extensions,
    ...(san.length > 0 ? [{ oid: OID.subjectAltName, critical: false, value: encodeSan(san) }] : []),
  ]
  const attribute = sequence(oid(OID.extensionRequest), setOf([encodeExtensions(all)]))
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const info = sequence(integer(0), encodeName(subject), spki, context(0, ...(all.length > 0 ? [attribute] : [])))
  return parseCsr(sequence(info, signatureIdentifier(key, 'sha256'), bitString(sign('sha256', info, key))))
}

const extension = (type: string, value: Uint8Array): Extension => ({ oid: type, critical: false, value })
const bound = (more: Partial<ChallengeConstraints> = {}): ChallengeConstraints => ({
  v: 1,
  subject: TABLET,
  san: [],
  ...more,
})

describe('policy', () => {
  test('a plain request is allowed', () => {
    expect(checkPolicy(request(), RULES)).toEqual({ allowed: true, dropped: [] })
  })

  test('an elliptic curve key of the profile is allowed, another is not', () => {
    expect(
      checkPolicy(request({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }), RULES),
    ).toMatchObject({ allowed: true })
    expect(
      checkPolicy(request({ key: generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey }), RULES),
    ).toMatchObject({ allowed: false, reason: 'weak_key' })
  })

  test('an RSA key of 1024 bits is too small', () => {
    expect(
      checkPolicy(request({ key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }), RULES),
    ).toMatchObject({ allowed: false, reason: 'weak_key' })
  })

  test('CA:TRUE is refused, CA:FALSE is nothing special', () => {
    expect(
      checkPolicy(request({ extensions: [extension(OID.basicConstraints, encodeBasicConstraints(true))] }), RULES),
    ).toMatchObject({ reason: 'ca_requested' })
    expect(
      checkPolicy(request({ extensions: [extension(OID.basicConstraints, encodeBasicConstraints(false))] }), RULES),
    ).toEqual({ allowed: true, dropped: [] })
  })

  test('a Windows security identifier is refused, as an extension and as a URI', () => {
    expect(checkPolicy(request({ extensions: [extension('1.3.6.1.4.1.311.25.2', sequence())] }), RULES)).toMatchObject({
      reason: 'sid_requested',
    })
    const san = [{ type: 'uri', value: 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500' }] as const
    expect(checkPolicy(request({ san: [...san] }), RULES)).toMatchObject({ reason: 'sid_requested' })
  })

  test('usages of the profile pass; others are dropped and listed, or refused where the rules say so', () => {
    const usual = [
      extension(OID.keyUsage, encodeKeyUsage(['digitalSignature', 'keyEncipherment'])),
      extension(OID.extendedKeyUsage, encodeExtendedKeyUsage([OID.clientAuth])),
    ]
    expect(checkPolicy(request({ extensions: usual }), { ...RULES, usageOutsideProfile: 'refuse' })).toEqual({
      allowed: true,
      dropped: [],
    })
    const greedy = [
      extension(OID.keyUsage, encodeKeyUsage(['digitalSignature', 'keyCertSign', 'nonRepudiation'])),
      extension(OID.extendedKeyUsage, encodeExtendedKeyUsage([OID.serverAuth])),
    ]
    expect(checkPolicy(request({ extensions: greedy }), RULES)).toEqual({
      allowed: true,
      dropped: ['nonRepudiation', 'keyCertSign', OID.serverAuth],
    })
    expect(checkPolicy(request({ extensions: greedy }), { ...RULES, usageOutsideProfile: 'refuse' })).toMatchObject({
      reason: 'usage_mismatch',
      differences: [
        {
          field: 'keyUsage',
          expected: ['digitalSignature', 'keyEncipherment'],
          received: ['digitalSignature', 'nonRepudiation', 'keyCertSign'],
        },
        { field: 'extendedKeyUsage', expected: [OID.clientAuth], received: [OID.serverAuth] },
      ],
    })
  })

  test('other extensions are dropped and listed', () => {
    const extensions = [
      extension(OID.certificatePolicies, sequence()),
      extension('1.3.6.1.4.1.311.20.2', sequence()),
      extension(OID.nameConstraints, sequence()),
    ]
    expect(checkPolicy(request({ extensions }), RULES)).toEqual({
      allowed: true,
      dropped: [OID.certificatePolicies, '1.3.6.1.4.1.311.20.2', OID.nameConstraints],
    })
  })

  test.each([OID.keyUsage, OID.extendedKeyUsage, OID.basicConstraints])(
    'extension %s that cannot be read is refused',
    (type) => {
      expect(
        checkPolicy(request({ extensions: [extension(type, Uint8Array.of(0x04, 0x01, 0x00))] }), RULES),
      ).toMatchObject({ reason: 'extension_malformed' })
    },
  )
})

describe('names', () => {
  test('equal are the same parts in the same order, whatever their case, white space and string type', () => {
    expect(matchNames(request(), bound())).toEqual({ matches: true })
    expect(
      matchNames(
        request({
          subject: [
            { type: 'CN', value: 'TABLET-7' },
            { type: 'O', value: 'example' },
          ],
        }),
        bound(),
      ),
    ).toEqual({ matches: true })
    expect(
      matchNames(
        request({ subject: [{ type: 'CN', value: 'Zo\u00eb  K.' }] }),
        bound({ subject: [{ type: 'CN', value: 'zo\u00eb k.' }] }),
      ),
    ).toEqual({ matches: true })
  })

  test.each<[string, RelativeName[]]>([
    [
      'another value',
      [
        { type: 'CN', value: 'tablet-8' },
        { type: 'O', value: 'Example' },
      ],
    ],
    [
      'another order',
      [
        { type: 'O', value: 'Example' },
        { type: 'CN', value: 'tablet-7' },
      ],
    ],
    ['a part less', [{ type: 'CN', value: 'tablet-7' }]],
    ['a part more', [...TABLET, { type: 'OU', value: 'admins' }]],
    ['a second common name', [...TABLET, { type: 'CN', value: 'admin' }]],
    [
      'another type',
      [
        { type: 'CN', value: 'tablet-7' },
        { type: 'OU', value: 'Example' },
      ],
    ],
    ['none', []],
    ['a comma that hides a part', [{ type: 'CN', value: 'tablet-7,O=Example' }]],
  ])('%s is a mismatch that says what was expected and received', (_, subject) => {
    expect(matchNames(request({ subject }), bound())).toMatchObject({
      matches: false,
      reason: 'subject_mismatch',
      differences: [{ field: 'subject', expected: ['CN=tablet-7,O=Example'], received: [expect.any(String)] }],
    })
  })

  test('alternative names are a set: some, all or none of those bound, in any order and spelling, and no other', () => {
    const san: SubjectAlternativeName[] = [
      { type: 'dns', value: 'tablet-7.example.com' },
      { type: 'email', value: 'ada@example.com' },
      { type: 'ip', value: '2001:db8::7' },
      { type: 'upn', value: 'ada@example.com' },
      { type: 'uri', value: 'urn:device:7' },
    ]
    const constraints = bound({ san })
    expect(matchNames(request(), constraints)).toEqual({ matches: true })
    expect(matchNames(request({ san: san.toReversed() }), constraints)).toEqual({ matches: true })
    expect(matchNames(request({ san: [{ type: 'dns', value: 'TABLET-7.example.COM' }] }), constraints)).toEqual({
      matches: true,
    })
    for (const extra of [
      { type: 'dns', value: 'vpn.example.com' },
      { type: 'upn', value: 'admin@example.com' },
      { type: 'email', value: 'tablet-7.example.com@x.org' },
    ] as const) {
      expect(matchNames(request({ san: [...san, extra] }), constraints)).toMatchObject({
        matches: false,
        reason: 'san_mismatch',
        differences: [{ field: 'san' }],
      })
    }
    // The same text as another kind of name is another name.
    expect(
      matchNames(
        request({ san: [{ type: 'upn', value: 'ada@example.com' }] }),
        bound({ san: [{ type: 'email', value: 'ada@example.com' }] }),
      ),
    ).toMatchObject({ reason: 'san_mismatch' })
  })

  test('a variable that was never replaced is named', () => {
    const verdict = matchNames(request({ subject: [{ type: 'CN', value: '$EMAIL' }] }), bound())
    expect(verdict).toMatchObject({
      matches: false,
      detail: expect.stringContaining('The variable $EMAIL was never replaced'),
    })
  })

  test('no pair of different names matches', () => {
    const words = ['a', 'b', 'ab', 'a b', 'a,b', 'a+b', 'a=b', '"a"', 'a\\b', '\u00e4', 'a.', '#61', ' a'.trim()]
    for (const one of words) {
      for (const other of words) {
        const { matches } = matchNames(
          request({ subject: [{ type: 'CN', value: one }] }),
          bound({ subject: [{ type: 'CN', value: other }] }),
        )
        expect(matches, `${one} / ${other}`).toBe(one === other)
      }
    }
  })

  test('the parsed request is left as it was', () => {
    const csr = request()
    const before = createHash('sha256').update(csr.der).digest('hex')
    matchNames(csr, bound())
    expect(createHash('sha256').update(csr.der).digest('hex')).toBe(before)
  })
})

import { describe, expect, test } from 'vitest'
import { ecKey, NOON, rsaKey, URLS } from '@/e2e/fixtures/chain'
import { buildTbsCertificate, type TbsOptions } from './certificate'
import { encode, nullValue, oid, sequence } from './der-write'
import type { Extension } from './extension'
import {
  encodeAuthorityInfoAccess,
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
} from './extension-values'
import { keyIdentifier } from './key'
import { type LintRules, lintCertificate } from './lint'
import { encodeName } from './name'
import { OID } from './oid'
import { issuerExtensions, leafExtensions, ocspResponderExtensions, raExtensions, rootExtensions } from './profile'
import { newSerial, parseSerial } from './serial'

const DEVICE = rsaKey()
const [ROOT_KEY, ISSUER_KEY] = [ecKey('P-384'), ecKey('P-256')]
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const issuerName = encodeName([{ type: 'CN', value: 'Staff Issuer' }])
const rootName = encodeName([{ type: 'CN', value: 'Root' }])
const days = (count: number): Date => new Date(NOON.getTime() + count * 86_400_000)

const ISSUER = {
  subjectDer: issuerName,
  notBefore: days(-1),
  notAfter: days(3_650),
  subjectKeyId: keyIdentifier(ISSUER_KEY.spki),
}
const LEAF: LintRules = {
  kind: 'leaf',
  issuer: ISSUER,
  profile: { extendedKeyUsage: [CLIENT_AUTH], minRsaBits: 2048, curves: ['P-256'] },
}

const leafOptions: TbsOptions = {
  serial: newSerial(),
  issuerDer: issuerName,
  subjectDer: encodeName([{ type: 'CN', value: 'tablet-7' }]),
  spki: DEVICE.spki,
  notBefore: NOON,
  notAfter: days(365),
  signature: 'ecdsaWithSHA256',
  extensions: leafExtensions({
    spki: DEVICE.spki,
    authorityKeyId: keyIdentifier(ISSUER_KEY.spki),
    ...URLS,
    san: [{ type: 'dns', value: 'tablet-7.example' }],
    extendedKeyUsage: [CLIENT_AUTH],
    subjectEmpty: false,
  }),
}

const lintLeaf = (change: Partial<TbsOptions>, rules: LintRules = LEAF): string[] =>
  lintCertificate(buildTbsCertificate({ ...leafOptions, ...change }), rules)

const replaced = (type: string, change: Partial<Extension>): Extension[] =>
  leafOptions.extensions.map((extension) => (extension.oid === type ? { ...extension, ...change } : extension))
const without = (type: string): Extension[] => leafOptions.extensions.filter((extension) => extension.oid !== type)
const rawName = (...texts: string[]): Uint8Array =>
  sequence(...texts.map((text) => encode(0x31, sequence(oid('2.5.4.3'), encode(0x0c, Buffer.from(text))))))

test('what our profiles build has no problem', () => {
  expect(lintLeaf({})).toEqual([])
})

describe('a leaf is refused for', () => {
  test.each<[string, string, Partial<TbsOptions>]>([
    ['a short serial', 'shorter than 64 bits', { serial: parseSerial('7fffffffffffff') }],
    ['a long serial', 'longer than 20 octets', { serial: parseSerial('7f'.repeat(21)) }],
    ['a serial of zero', 'shorter', { serial: parseSerial('00') }],
    ['an end before its beginning', 'ends before', { notAfter: days(-1) }],
    ['outliving its issuer', 'outlives', { notAfter: days(4_000) }],
    ['beginning before its issuer', 'begins before', { notBefore: days(-2) }],
    ['another issuer name', 'issuer name', { issuerDer: rootName }],
    [
      'CA:TRUE',
      'CA:TRUE outside',
      { extensions: replaced(OID.basicConstraints, { value: encodeBasicConstraints(true) }) },
    ],
    ['no extended key usage', 'good for everything', { extensions: without(OID.extendedKeyUsage) }],
    [
      'an extended key usage beyond its profile',
      'beyond the profile',
      { extensions: replaced(OID.extendedKeyUsage, { value: encodeExtendedKeyUsage([CLIENT_AUTH, OID.serverAuth]) }) },
    ],
    [
      'any extended key usage',
      'no device gets',
      { extensions: replaced(OID.extendedKeyUsage, { value: encodeExtendedKeyUsage([OID.anyExtendedKeyUsage]) }) },
    ],
    [
      'key usages that do not fit its key',
      'does not fit',
      { extensions: replaced(OID.keyUsage, { value: encodeKeyUsage(['digitalSignature', 'keyCertSign']) }) },
    ],
    [
      'a key usage that is not critical',
      'key usage is present and critical',
      { extensions: replaced(OID.keyUsage, { critical: false }) },
    ],
    [
      'a critical alternative name beside a subject',
      'critical if and only if',
      { extensions: replaced(OID.subjectAltName, { critical: true }) },
    ],
    ['an empty subject beside an uncritical one', 'critical if and only if', { subjectDer: sequence() }],
    [
      'neither subject nor alternative name',
      'neither subject',
      { subjectDer: sequence(), extensions: without(OID.subjectAltName) },
    ],
    ['an extension twice', 'twice', { extensions: [...leafOptions.extensions, ...leafOptions.extensions.slice(0, 1)] }],
    [
      "an extension of nobody's profile",
      'no profile of ours',
      { extensions: [...leafOptions.extensions, { oid: '1.3.6.1.4.1.311.25.2', critical: false, value: sequence() }] },
    ],
    [
      'another subject key identifier',
      'method 1',
      { extensions: replaced(OID.subjectKeyIdentifier, { value: encodeSubjectKeyIdentifier(new Uint8Array(20)) }) },
    ],
    ['no authority key identifier', 'no authority key', { extensions: without(OID.authorityKeyIdentifier) }],
    [
      'the authority key identifier of another',
      'not the issuer',
      { extensions: replaced(OID.authorityKeyIdentifier, { value: Buffer.from('30068004deadbeef', 'hex') }) },
    ],
    ['no CRL distribution point', 'no CRL', { extensions: without(OID.crlDistributionPoints) }],
    ['a common name of 65 characters', 'longer than 64', { subjectDer: rawName('x'.repeat(65)) }],
    ['a control character in a name', 'control characters', { subjectDer: rawName('a\u0007b') }],
    ['an empty name', 'an empty name', { subjectDer: rawName('') }],
    ['a weak key', 'rsa_too_small', { spki: rsaKey(1024).spki }],
    ['a curve its profile does not name', 'curve_not_allowed', { spki: ecKey('P-384').spki }],
    ['a key nobody can parse', 'not a TBSCertificate', { spki: sequence() }],
    ['being its own issuer', 'do not fit its kind', { subjectDer: issuerName }],
  ])('%s', (_, problem, change) => {
    expect(lintLeaf(change).join('; ')).toContain(problem)
  })

  test('a longer validity than its profile', () => {
    expect(lintLeaf({}, { ...LEAF, profile: { maxValidityDays: 364 } })).toEqual([
      'it is valid longer than the profile allows',
    ])
  })

  test('a SHA-1 signature', () => {
    const tbs = Buffer.from(buildTbsCertificate({ ...leafOptions, signature: 'sha256WithRSA' })).toString('hex')
    const sha1 = tbs.replace('2a864886f70d01010b', '2a864886f70d010105')
    expect(lintCertificate(Buffer.from(sha1, 'hex'), LEAF)).toEqual(['it is to be signed with sha1WithRSAEncryption'])
  })

  test('nobody to issue it', () => {
    expect(lintLeaf({}, { kind: 'leaf' }).join()).toContain('nobody to issue it')
  })

  test('being no certificate', () => {
    expect(lintCertificate(new Uint8Array([0x30, 0x80]), LEAF)).toEqual([
      expect.stringContaining('not a TBSCertificate'),
    ])
  })
})

describe('authorities', () => {
  const rootOptions: TbsOptions = {
    ...leafOptions,
    issuerDer: rootName,
    subjectDer: rootName,
    spki: ROOT_KEY.spki,
    notAfter: days(7_300),
    signature: 'ecdsaWithSHA384',
    extensions: rootExtensions(ROOT_KEY.spki),
  }
  const by = { authorityKeyId: keyIdentifier(ROOT_KEY.spki), ...URLS }
  const issuerOptions: TbsOptions = {
    ...rootOptions,
    subjectDer: issuerName,
    spki: ISSUER_KEY.spki,
    extensions: issuerExtensions({ spki: ISSUER_KEY.spki, ...by }),
  }
  const ROOT = { subjectDer: rootName, notBefore: NOON, notAfter: days(7_300) }

  test('a root and an issuer of ours are fine', () => {
    expect(lintCertificate(buildTbsCertificate(rootOptions), { kind: 'root' })).toEqual([])
    expect(lintCertificate(buildTbsCertificate(issuerOptions), { kind: 'issuer', issuer: ROOT })).toEqual([])
  })

  test('an issuer has path length 0 and CA:TRUE', () => {
    const changed = (value: Uint8Array): string => {
      const extensions = issuerOptions.extensions.map((e) => (e.oid === OID.basicConstraints ? { ...e, value } : e))
      return lintCertificate(buildTbsCertificate({ ...issuerOptions, extensions }), {
        kind: 'issuer',
        issuer: ROOT,
      }).join()
    }
    expect(changed(encodeBasicConstraints(true, 1))).toContain('path length 0')
    expect(changed(encodeBasicConstraints(true))).toContain('path length 0')
    expect(changed(encodeBasicConstraints(false))).toContain('without CA:TRUE')
  })

  test('what is a leaf is no issuer, and the other way round', () => {
    expect(lintLeaf({}, { ...LEAF, kind: 'issuer' })).not.toEqual([])
    expect(lintCertificate(buildTbsCertificate(issuerOptions), { kind: 'leaf', issuer: ROOT })).not.toEqual([])
  })

  test('a registration authority has an RSA key and serverAuth alone', () => {
    const build = (key: { spki: Uint8Array }): Uint8Array =>
      buildTbsCertificate({
        ...leafOptions,
        spki: key.spki,
        extensions: raExtensions({ spki: key.spki, authorityKeyId: keyIdentifier(ISSUER_KEY.spki), ...URLS }),
      })
    expect(lintCertificate(build(DEVICE), { kind: 'ra', issuer: ISSUER })).toEqual([])
    expect(lintCertificate(build(ecKey()), { kind: 'ra', issuer: ISSUER }).join()).toContain('needs an RSA key')
    expect(lintLeaf({}, { ...LEAF, kind: 'ra' }).join()).toContain('beyond the profile')
  })

  test('an OCSP responder has a P-256 key, OCSPSigning alone, no address to ask at, and a week', () => {
    const build = (key: { spki: Uint8Array }, change: Partial<TbsOptions> = {}, more: Extension[] = []) => {
      const extensions = ocspResponderExtensions({ spki: key.spki, authorityKeyId: keyIdentifier(ISSUER_KEY.spki) })
      const options = { ...leafOptions, spki: key.spki, notAfter: days(7), extensions: [...extensions, ...more] }
      return lintCertificate(buildTbsCertificate({ ...options, ...change }), { kind: 'ocsp', issuer: ISSUER }).join()
    }
    const key = ecKey()
    expect(build(key)).toBe('')
    expect(build(ecKey('P-384'))).toContain('a responder has a P-256 key')
    expect(build(DEVICE)).toContain('a responder has a P-256 key')
    expect(build(key, { notAfter: days(8) })).toContain('valid for too long')
    const addresses = leafOptions.extensions.filter(({ oid: type }) =>
      [OID.crlDistributionPoints, OID.authorityInfoAccess].includes(type as typeof OID.authorityInfoAccess),
    )
    for (const each of addresses) expect(build(key, {}, [each])).toContain('where to ask')
    const noCheck = { oid: OID.ocspNoCheck, critical: false, value: nullValue() }
    expect(lintLeaf({ extensions: [...leafOptions.extensions, noCheck] }).join()).toContain('belongs to responders')
    expect(lintLeaf({}, { ...LEAF, kind: 'ocsp' }).join()).toContain('belongs to responders')
  })

  test('status is asked over plain HTTP, at addresses that a request can be appended to', () => {
    const access = (value: Uint8Array) => lintLeaf({ extensions: replaced(OID.authorityInfoAccess, { value }) }).join()
    const { caUrl, ocspUrl } = URLS
    const entry = (method: string, url: string) => sequence(oid(method), encode(0x86, Buffer.from(url)))
    expect(access(encodeAuthorityInfoAccess({ caUrl, ocspUrl }))).toBe('')
    expect(access(sequence(entry(OID.caIssuers, caUrl)))).toBe('')
    expect(access(encodeAuthorityInfoAccess({ caUrl, ocspUrl: `${ocspUrl}/` }))).toContain('slash at its end')
    expect(access(encodeAuthorityInfoAccess({ caUrl: 'https://pki.example/x.cer', ocspUrl }))).toContain('plain HTTP')
    expect(access(sequence(entry(OID.ocsp, ocspUrl)))).toContain('nowhere to fetch')
    const twice = sequence(entry(OID.caIssuers, caUrl), entry(OID.ocsp, ocspUrl), entry(OID.ocsp, ocspUrl))
    expect(access(twice)).toContain('twice')
    expect(access(sequence(entry(OID.caIssuers, caUrl), entry('1.3.6.1.5.5.7.48.3', caUrl)))).toContain('do not serve')
  })
})

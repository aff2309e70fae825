import { X509Certificate } from 'node:crypto'
import * as pkijs from 'pkijs'
import { describe, expect, test } from 'vitest'
import { ecKey, makeIssuer, makeLeaf, makeRegistrationAuthority, makeRoot, rsaKey } from '@/e2e/fixtures/chain'
import { asn1parse, openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { isRefusal } from '@/lib/errors'
import {
  fromPem,
  parseCertificate,
  signatureAlgorithmFor,
  spkiOf,
  tbsOf,
  toPem,
  verifyCertificateSignature,
} from './certificate'
import { DerError } from './der'
import { describeExtensions } from './inspect'
import { lintCertificate } from './lint'
import { nameToText } from './name'
import { newSerial, parseSerial } from './serial'

const root = makeRoot(ecKey('P-384'), 'ecdsaWithSHA384')
const issuer = makeIssuer(root, rsaKey(3072), 'sha256WithRSA')
const ra = makeRegistrationAuthority(issuer, rsaKey(2048))
const deviceKey = rsaKey(2048)
const leaf = makeLeaf(issuer, deviceKey.spki, {
  subject: [
    { type: 'CN', value: 'Größe 7' },
    { type: 'O', value: 'Example' },
  ],
  san: [
    { type: 'dns', value: 'tablet-7.example' },
    { type: 'email', value: 'ada@example.com' },
  ],
})

describe('the chain we build', () => {
  test('openssl verifies it, strictly', () => {
    const [rootFile = '', issuerFile = '', raFile = '', leafFile = ''] = scratchFiles({
      'root.pem': toPem(root.der),
      'issuer.pem': toPem(issuer.der),
      'ra.pem': toPem(ra.der),
      'leaf.pem': toPem(leaf.der),
    })
    const verify = ['verify', '-x509_strict', '-attime', '1795000000', '-CAfile', rootFile, '-untrusted', issuerFile]
    expect(openssl([...verify, '-purpose', 'sslclient', leafFile]).toString()).toContain('OK')
    expect(openssl([...verify, '-purpose', 'sslserver', raFile]).toString()).toContain('OK')
  })

  test('openssl says what we meant', () => {
    const text = openssl(['x509', '-inform', 'DER', '-text', '-noout'], leaf.der).toString()
    for (const words of [
      'Version: 3 (0x2)',
      'sha256WithRSAEncryption',
      'Issuer: CN = Staff Issuer',
      'X509v3 Key Usage: critical',
      'Digital Signature, Key Encipherment',
      'TLS Web Client Authentication',
      'DNS:tablet-7.example, email:ada@example.com',
      'URI:http://pki.example/crl/staff.crl',
      'CA Issuers - URI:http://pki.example/ca/staff.cer',
      'CA:FALSE',
    ])
      expect(text).toContain(words)
    const rootText = openssl(['x509', '-inform', 'DER', '-text', '-noout'], root.der).toString()
    expect(rootText).toContain('GMT')
    expect(rootText).toContain('Certificate Sign, CRL Sign')
    expect(openssl(['x509', '-inform', 'DER', '-text', '-noout'], issuer.der).toString()).toContain(
      'CA:TRUE, pathlen:0',
    )
  })

  test('pkijs and node read it', async () => {
    for (const der of [root.der, issuer.der, ra.der, leaf.der]) {
      const certificate = pkijs.Certificate.fromBER(Buffer.from(der))
      expect(Buffer.from(certificate.toSchema(true).toBER())).toEqual(Buffer.from(der))
      asn1parse(der)
    }
    expect(
      await pkijs.Certificate.fromBER(Buffer.from(leaf.der)).verify(pkijs.Certificate.fromBER(Buffer.from(issuer.der))),
    ).toBe(true)
    expect(new X509Certificate(leaf.der).checkHost('tablet-7.example')).toBe('tablet-7.example')
    expect(new X509Certificate(leaf.der).checkIssued(new X509Certificate(issuer.der))).toBe(true)
  })

  test('it passes the lint', () => {
    const issued = (by: typeof issuer): object => ({
      subjectDer: by.subjectDer,
      notBefore: by.notBefore,
      notAfter: by.notAfter,
    })
    expect(lintCertificate(root.tbs, { kind: 'root' })).toEqual([])
    expect(lintCertificate(issuer.tbs, { kind: 'issuer', issuer: issued(root) as never })).toEqual([])
    expect(lintCertificate(ra.tbs, { kind: 'ra', issuer: issued(issuer) as never })).toEqual([])
    expect(
      lintCertificate(leaf.tbs, {
        kind: 'leaf',
        issuer: issued(issuer) as never,
        profile: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] },
      }),
    ).toEqual([])
  })

  test('our own parser reads it', () => {
    const info = parseCertificate(leaf.der)
    expect(info).toMatchObject({
      signatureAlgorithm: 'sha256WithRSAEncryption',
      isCa: false,
      pathLength: null,
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      san: [
        { type: 'dns', value: 'tablet-7.example' },
        { type: 'email', value: 'ada@example.com' },
      ],
    })
    expect(nameToText(info.subjectDer)).toBe('CN=Größe 7,O=Example')
    expect(info.serial).toBe(new X509Certificate(leaf.der).serialNumber)
    expect(parseCertificate(issuer.der)).toMatchObject({ isCa: true, pathLength: 0 })
  })

  test('signatures are tied to the key that made them', () => {
    expect(verifyCertificateSignature(leaf.der, issuer.spki)).toBe(true)
    expect(verifyCertificateSignature(root.der, root.spki)).toBe(true)
    expect(verifyCertificateSignature(leaf.der, deviceKey.spki)).toBe(false)
    expect(verifyCertificateSignature(leaf.der, root.spki)).toBe(false)
  })

  test('its extensions in words', () => {
    expect(describeExtensions(leaf.der).map(({ name, critical, lines }) => [name, critical, ...lines])).toMatchObject([
      ['Basic Constraints', true, 'CA: no'],
      ['Key Usage', true, 'Digital Signature', 'Key Encipherment'],
      ['Extended Key Usage', false, 'TLS Web Client Authentication'],
      ['Subject Key Identifier', false, expect.stringMatching(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/)],
      ['Authority Key Identifier', false, expect.any(String)],
      ['CRL Distribution Points', false, 'URI: http://pki.example/crl/staff.crl'],
      [
        'Authority Information Access',
        false,
        'OCSP: http://pki.example/ocsp/staff',
        'CA Issuers: http://pki.example/ca/staff.cer',
      ],
      ['Subject Alternative Name', false, 'DNS: tablet-7.example', 'E-mail: ada@example.com'],
    ])
  })
})

test('an EC leaf has no keyEncipherment, an empty subject a critical alternative name', () => {
  const made = makeLeaf(issuer, ecKey().spki, { subject: [], san: [{ type: 'upn', value: 'ada@example.com' }] })
  const info = parseCertificate(made.der)
  expect(info.keyUsage).toEqual(['digitalSignature'])
  expect(info.extensions.at(-1)).toMatchObject({ oid: '2.5.29.17', critical: true })
  expect(
    lintCertificate(made.tbs, {
      kind: 'leaf',
      issuer: { subjectDer: issuer.subjectDer, notBefore: issuer.notBefore, notAfter: issuer.notAfter },
    }),
  ).toEqual([])
})

test('certificates by openssl are read', () => {
  const [key = ''] = scratchFiles({
    'key.pem': deviceKey.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  })
  const args = [
    'req',
    '-x509',
    '-new',
    '-key',
    key,
    '-subj',
    '/C=CH/CN=x',
    '-days',
    '9000',
    '-addext',
    'certificatePolicies=1.2.3',
    '-outform',
    'DER',
  ]
  const der = openssl(args)
  expect(parseCertificate(der).notAfter.getUTCFullYear()).toBeGreaterThan(2049)
  expect(verifyCertificateSignature(der, deviceKey.spki)).toBe(true)
  expect(describeExtensions(der).find(({ oid }) => oid === '2.5.29.32')?.lines).toEqual(['1.2.3'])
})

test('an extension that is longer than any to be read is shown in hex', () => {
  const described = (urls: number) => {
    const names = Array.from({ length: urls }, (_, n) => `URI:http://pki.example/crl/${String(n).padStart(3, '0')}`)
    const [key = ''] = scratchFiles({
      'key.pem': deviceKey.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    })
    const request = ['req', '-x509', '-new', '-key', key, '-subj', '/CN=x', '-outform', 'DER']
    const der = openssl([...request, '-addext', `crlDistributionPoints=${names.join(',')}`])
    return describeExtensions(der).find(({ oid }) => oid === '2.5.29.31')?.lines
  }
  expect(described(100)).toHaveLength(100)
  expect(described(100)?.at(-1)).toBe('URI: http://pki.example/crl/099')
  expect(described(130)).toEqual([expect.stringMatching(/^30(:[0-9A-F]{2})+$/)])
})

test('two different signature algorithms are refused', () => {
  const text = Buffer.from(leaf.der).toString('hex')
  const at = text.lastIndexOf('06092a864886f70d01010b')
  const changed = `${text.slice(0, at)}06092a864886f70d01010c${text.slice(at + 22)}`
  expect(() => parseCertificate(Buffer.from(changed, 'hex'))).toThrow(DerError)
  expect(() => tbsOf(Buffer.from(changed, 'hex'))).toThrow(DerError)
})

test('what is read alone is what is read with all the rest', () => {
  for (const { der } of [root, issuer, ra, leaf]) {
    const { tbs, spki } = parseCertificate(der)
    expect(tbsOf(der)).toEqual(tbs)
    expect(spkiOf(der)).toEqual(spki)
  }
})

describe('PEM', () => {
  test('is what openssl writes, and back', () => {
    const pem = openssl(['x509', '-inform', 'DER'], leaf.der).toString()
    expect(toPem(leaf.der)).toBe(pem)
    expect(fromPem(`subject=x\n${pem}\r\n${toPem(issuer.der)}`).map((der) => Buffer.from(der))).toEqual(
      [leaf.der, issuer.der].map((der) => Buffer.from(der)),
    )
    expect(fromPem(pem.replaceAll('\n', '\r\n'))).toHaveLength(1)
  })

  test.each([
    '-----BEGIN X-----\nAAAA',
    '-----END X-----',
    '-----BEGIN X-----\n!!!!\n-----END X-----',
    '-----BEGIN X-----\nAAA\n-----END X-----',
  ])('%j is refused', (text) => {
    expect(() => fromPem(text)).toThrow(DerError)
  })
})

describe('serial numbers', () => {
  test('are 16 octets, positive, first octet not zero, all different', () => {
    const serials = Array.from({ length: 2_000 }, newSerial)
    expect(new Set(serials).size).toBe(2_000)
    expect(serials.every((serial) => /^(?!00)[0-7][0-9A-F]{31}$/.test(serial))).toBe(true)
  })

  test('are read as people paste them', () => {
    expect(parseSerial(' 0a:1b:ff ')).toBe('0A1BFF')
    expect(parseSerial('0x00ff')).toBe('FF')
    expect(parseSerial('a1b')).toBe('0A1B')
    expect(parseSerial('0')).toBe('00')
    for (const text of ['', 'xyz', 'f'.repeat(81)]) {
      try {
        expect.unreachable(parseSerial(text))
      } catch (error) {
        expect(isRefusal(error, 'invalid_input')).toBe(true)
      }
    }
  })

  test('survive a certificate', () => {
    const serial = parseSerial('00800000000000000001')
    const made = makeLeaf(issuer, ecKey().spki, { serial })
    expect(parseCertificate(made.der).serial).toBe('800000000000000001')
    expect(new X509Certificate(made.der).serialNumber).toBe('800000000000000001')
  })
})

test('the key decides the signature algorithm', () => {
  expect((['rsa2048', 'rsa3072', 'rsa4096', 'p256', 'p384'] as const).map(signatureAlgorithmFor)).toEqual([
    'sha256WithRSA',
    'sha256WithRSA',
    'sha256WithRSA',
    'ecdsaWithSHA256',
    'ecdsaWithSHA384',
  ])
})

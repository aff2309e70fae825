import { createHash, generateKeyPairSync } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { describe, expect, test } from 'vitest'
import { ecKey, rsaKey, type TestKey } from '@/e2e/fixtures/chain'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { buildCsr, parseCsr, verifyCsr } from './csr'
import { DerError, parseDer, TAG } from './der'
import {
  bitString,
  context,
  directoryString,
  encode,
  integer,
  oid,
  printableString,
  sequence,
  setOf,
} from './der-write'
import { type Extension, encodeExtensions } from './extension'
import { encodeBasicConstraints } from './extension-values'
import { encodeName } from './name'
import { OID } from './oid'
import { encodeSan } from './san'
import { signatureIdentifier, signWith } from './sign'

const RSA = rsaKey()
const EC = ecKey()
const CN = [{ type: 'CN', value: 'tablet-7' }]

/** A request with whatever attributes a client may send. */
function requestWith(attributes: Uint8Array[], key: TestKey = RSA): Uint8Array {
  const info = sequence(integer(0), encodeName(CN), key.spki, context(0, ...attributes))
  return sequence(
    info,
    signatureIdentifier(key.privateKey, 'sha256'),
    bitString(signWith(key.privateKey, 'sha256', info)),
  )
}

const attribute = (type: string, ...values: Uint8Array[]): Uint8Array => sequence(oid(type), setOf(values))
const dns = (name: string): Extension => ({
  oid: OID.subjectAltName,
  critical: false,
  value: encodeSan([{ type: 'dns', value: name }]),
})
const noCa: Extension = { oid: OID.basicConstraints, critical: false, value: encodeBasicConstraints(false) }

describe('our requests', () => {
  test.each([
    ['RSA', RSA],
    ['EC', EC],
  ] as const)('%s: openssl and pkijs verify them', async (_, key) => {
    const der = buildCsr({
      subject: [{ type: 'O', value: 'Example' }, ...CN],
      san: [
        { type: 'dns', value: 'tablet-7.example' },
        { type: 'ip', value: '192.0.2.7' },
        { type: 'upn', value: 'ada@example.com' },
      ],
      challengePassword: 'ABCDEF0123456789',
      privateKey: key.privateKey,
    })
    const [file = ''] = scratchFiles({ 'request.der': der })
    const text = openssl(['req', '-inform', 'DER', '-in', file, '-verify', '-text', '-noout']).toString()
    expect(text).toContain('O = Example, CN = tablet-7')
    expect(text).toContain('DNS:tablet-7.example, IP Address:192.0.2.7, othername:')
    expect(text).toContain('ABCDEF0123456789')
    expect(await pkijs.CertificationRequest.fromBER(Buffer.from(der)).verify()).toBe(true)
    const csr = parseCsr(der)
    expect(verifyCsr(csr)).toBe(true)
    expect(csr.challengePasswords).toEqual(['ABCDEF0123456789'])
    expect(csr.san.map(({ value }) => value)).toEqual(['tablet-7.example', '192.0.2.7', 'ada@example.com'])
  })

  test('an empty subject makes the alternative name critical', () => {
    const csr = parseCsr(
      buildCsr({ subject: [], san: [{ type: 'dns', value: 'a.example' }], privateKey: EC.privateKey }),
    )
    expect(csr.subject).toEqual([])
    expect(csr.requestedExtensions).toMatchObject([{ oid: OID.subjectAltName, critical: true }])
  })
})

describe('requests by openssl', () => {
  const config = [
    '[req]',
    'prompt=no',
    'distinguished_name=dn',
    'attributes=attrs',
    'req_extensions=ext',
    '[dn]',
    'C=CH',
    'O=Müller & Söhne',
    'CN=tablet-7',
    'emailAddress=ada@example.com',
    '[attrs]',
    'challengePassword=s3cret_@ge',
    'unstructuredName=router',
    '[ext]',
    'subjectAltName=DNS:a.example,email:ada@example.com,URI:urn:x:y,IP:2001:db8::1,'.concat(
      'otherName:1.3.6.1.4.1.311.20.2.3;UTF8:ada@example.com',
    ),
    'basicConstraints=CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=clientAuth',
  ].join('\n')

  test.each([
    ['RSA, SHA-256', RSA, ['-sha256'], 'sha256WithRSAEncryption'],
    ['RSA, SHA-1', RSA, ['-sha1'], 'sha1WithRSAEncryption'],
    ['RSA, SHA-512', RSA, ['-sha512'], 'sha512WithRSAEncryption'],
    ['RSA-PSS', RSA, ['-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'], 'RSASSA-PSS'],
    ['EC', EC, ['-sha384'], 'ecdsa-with-SHA384'],
  ] as const)('%s', (_, key, options, algorithm) => {
    const [configFile = '', keyFile = ''] = scratchFiles({
      'openssl.cnf': config,
      'key.pem': key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    })
    const der = openssl(['req', '-new', '-utf8', '-config', configFile, '-key', keyFile, ...options, '-outform', 'DER'])
    const csr = parseCsr(der)
    expect(verifyCsr(csr)).toBe(true)
    expect(csr.signatureAlgorithm).toBe(algorithm)
    expect(csr.subject.map(({ value }) => value)).toEqual(['CH', 'Müller & Söhne', 'tablet-7', 'ada@example.com'])
    expect(csr.challengePasswords).toEqual(['s3cret_@ge'])
    expect(csr.san).toEqual([
      { type: 'dns', value: 'a.example' },
      { type: 'email', value: 'ada@example.com' },
      { type: 'uri', value: 'urn:x:y' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'upn', value: 'ada@example.com' },
    ])
    expect(createHash('sha256').update(csr.spki).digest()).toEqual(createHash('sha256').update(key.spki).digest())
  })

  test('MD5 never verifies', () => {
    const [keyFile = ''] = scratchFiles({
      'key.pem': RSA.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    })
    const csr = parseCsr(openssl(['req', '-new', '-key', keyFile, '-subj', '/CN=x', '-md5', '-outform', 'DER']))
    expect(csr.signatureAlgorithm).toBe('md5WithRSAEncryption')
    expect(verifyCsr(csr)).toBe(false)
  })
})

test('a changed octet, or the signature of another key, is noticed', () => {
  const der = Uint8Array.from(buildCsr({ subject: CN, privateKey: RSA.privateKey }))
  const at = Buffer.from(der).indexOf('tablet-7')
  der[at] = 0x54
  expect(verifyCsr(parseCsr(der))).toBe(false)
})

test('what was found of a request holds for its own object alone, which does not change', () => {
  const csr = parseCsr(
    buildCsr({ subject: [], privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
  )
  const other = parseCsr(
    buildCsr({ subject: [], privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
  )
  expect([verifyCsr(csr), verifyCsr(csr)]).toEqual([true, true])
  expect(verifyCsr({ ...csr, publicKey: other.publicKey, spki: other.spki })).toBe(false)
  expect(() => Object.assign(csr, { publicKey: other.publicKey })).toThrow(TypeError)
})

test('BER is read as the DER it stands for', () => {
  const der = buildCsr({ subject: CN, privateKey: RSA.privateKey })
  const parsed = asn1js.fromBER(Buffer.from(der)).result as asn1js.Sequence
  const ber = Buffer.concat([
    Buffer.from('3080', 'hex'),
    Buffer.from(parsed.valueBlock.toBER()),
    Buffer.from('0000', 'hex'),
  ])
  const csr = parseCsr(ber)
  expect(Buffer.from(csr.der)).toEqual(Buffer.from(der))
  expect(verifyCsr(csr)).toBe(true)
})

test('an RSA key without the NULL of its algorithm is the same key, and is certified as RFC 3279 writes it', () => {
  const key = parseDer(RSA.spki).children()[1]?.bytes ?? new Uint8Array()
  const bare = { ...RSA, spki: sequence(sequence(oid(OID.rsaEncryption)), key) }
  const csr = parseCsr(requestWith([], bare))
  expect(verifyCsr(csr)).toBe(true)
  expect(Buffer.from(csr.spki)).toEqual(Buffer.from(RSA.spki))
})

describe('the challengePassword', () => {
  test.each([
    ['UTF8String', TAG.utf8String, 'Größe'],
    ['PrintableString with signs it should not have', TAG.printableString, 'a_b@c'],
    ['IA5String', TAG.ia5String, 'abc'],
    ['TeletexString', TAG.teletexString, 'é'],
    ['BMPString', TAG.bmpString, 'é1'],
    ['UniversalString', TAG.universalString, 'x'],
  ])('%s', (_, tag, text) => {
    const content: Record<number, () => Buffer> = {
      [TAG.teletexString]: () => Buffer.from(text, 'latin1'),
      [TAG.bmpString]: () => Buffer.from(text, 'utf16le').swap16(),
      [TAG.universalString]: () =>
        Buffer.from(text, 'latin1').length === 1 ? Buffer.from([0, 0, 0, text.charCodeAt(0)]) : Buffer.alloc(0),
    }
    const value = encode(tag, content[tag]?.() ?? Buffer.from(text))
    expect(parseCsr(requestWith([attribute(OID.challengePassword, value)])).challengePasswords).toEqual([text])
  })

  test('every value of every attribute is reported, empty ones are none', () => {
    const value = (text: string): Uint8Array => directoryString(text)
    const two = [
      attribute(OID.challengePassword, value('one'), value('two')),
      attribute(OID.challengePassword, value('three')),
    ]
    expect(parseCsr(requestWith(two)).challengePasswords).toEqual(['one', 'two', 'three'])
    expect(parseCsr(requestWith([attribute(OID.challengePassword, value(''))])).challengePasswords).toEqual([])
    expect(parseCsr(requestWith([])).challengePasswords).toEqual([])
  })

  test('16,000 octets are read, more than 16 KiB are not', () => {
    const long = (length: number): Uint8Array =>
      requestWith([attribute(OID.challengePassword, printableString('x'.repeat(length)))])
    expect(parseCsr(long(16_000)).challengePasswords[0]).toHaveLength(16_000)
    expect(() => parseCsr(long(16_385))).toThrow(DerError)
  })
})

describe('requested extensions', () => {
  const request = (...lists: [type: string, extensions: Extension[]][]): Uint8Array =>
    requestWith(lists.map(([type, extensions]) => attribute(type, encodeExtensions(extensions))))

  test.each([OID.extensionRequest, OID.microsoftCertExtensions, OID.draftExtensionReq])('are read under %s', (type) => {
    expect(parseCsr(request([type, [dns('a.example')]])).san).toEqual([{ type: 'dns', value: 'a.example' }])
  })

  test('are merged, equal repetitions collapsed', () => {
    const csr = parseCsr(
      request(
        [OID.extensionRequest, [dns('a.example'), dns('a.example')]],
        [OID.microsoftCertExtensions, [dns('a.example'), noCa]],
      ),
    )
    expect(csr.requestedExtensions.map((extension) => extension.oid)).toEqual([
      OID.subjectAltName,
      OID.basicConstraints,
    ])
  })

  test('that contradict each other are refused', () => {
    const lists = [
      [OID.extensionRequest, [dns('a.example')]],
      [OID.microsoftCertExtensions, [dns('b.example')]],
    ] as [string, Extension[]][]
    expect(() => parseCsr(request(...lists))).toThrow(DerError)
  })

  test('may be an empty list', () => {
    expect(parseCsr(request([OID.extensionRequest, []])).requestedExtensions).toEqual([])
  })

  test('with an alternative name we do not issue are refused', () => {
    const rid: Extension = {
      oid: OID.subjectAltName,
      critical: false,
      value: sequence(encode(0x88, Buffer.from('2a03', 'hex'))),
    }
    expect(() => parseCsr(request([OID.extensionRequest, [rid]]))).toThrow(
      expect.objectContaining({ kind: 'unsupported' }),
    )
  })
})

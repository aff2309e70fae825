import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ecKey, rsaKey } from '@/e2e/fixtures/chain'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import {
  attribute,
  decryptContentKey,
  type MessageParts,
  makeCsr,
  makeDevice,
  makeMessage,
  makeParties,
  NONCE,
  reversed,
  sorted,
  streamed,
  TRANSACTION_ID,
} from '@/e2e/fixtures/scep-messages'
import { toPem } from '@/lib/pki/certificate'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { parseDer, TAG } from '@/lib/pki/der'
import {
  encode,
  integer,
  naturalNumber,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  utf8String,
} from '@/lib/pki/der-write'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { encodeTime } from '@/lib/pki/time'
import type { Digest } from './algorithms'
import { selfSignedCertificate } from './client'
import { openEnvelope, type PkiMessage, parseEnvelope, parsePkiMessage, ScepFault } from './message'
import { encodeIssuerAndSerial, parseSignedData, verifySigner } from './signed-data'

const { ra, device } = makeParties()
const stranger = makeDevice()
const message = (parts: MessageParts = {}): Uint8Array => makeMessage(device, ra, parts)
const read = (parts: MessageParts = {}): PkiMessage => parsePkiMessage(message(parts))

function faultOf(work: () => unknown): ScepFault {
  try {
    work()
  } catch (error) {
    if (error instanceof ScepFault) return error
    throw error
  }
  throw new Error('no fault')
}
const kindOf = (parts: MessageParts): string => faultOf(() => read(parts)).kind

function openedCsr(parsed: PkiMessage): Uint8Array | null {
  if (!parsed.envelope) return null
  const envelope = parseEnvelope(parsed.envelope)
  const [recipient] = envelope.recipients
  return recipient ? openEnvelope(envelope, decryptContentKey(ra.privateKey, recipient)) : null
}

describe('a sound message', () => {
  test('says everything the service needs', () => {
    const parsed = read()
    expect(parsed).toMatchObject({
      messageType: 19,
      transactionIdTag: TAG.printableString,
      digest: 'sha256',
      signingTime: null,
      signer: { selfSigned: true, publicKey: { algorithm: 'RSA', bits: 2048 } },
    })
    expect(Buffer.from(parsed.transactionId).toString()).toBe(TRANSACTION_ID)
    expect(Buffer.from(parsed.senderNonce ?? [])).toEqual(NONCE)
    expect(Buffer.from(parsed.signer.spki)).toEqual(Buffer.from(device.spki))
    const csr = parseCsr(openedCsr(parsed) ?? new Uint8Array())
    expect(verifyCsr(csr)).toBe(true)
    expect(csr.challengePasswords).toEqual(['CHALLENGE'])
  })

  test("openssl accepts our client's form of it", () => {
    const [file = '', signer = ''] = scratchFiles({ 'message.der': message(), 'device.pem': toPem(device.der) })
    const content = openssl([
      'cms',
      '-verify',
      '-inform',
      'DER',
      '-in',
      file,
      '-noverify',
      '-certfile',
      signer,
      '-binary',
    ])
    expect(Buffer.from(parseSignedData(message({ content })).content ?? [])).toEqual(content)
  })

  test.each<Digest>(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'])('digest %s is read and reported', (digest) => {
    expect(read({ digest }).digest).toBe(digest)
  })

  test('sha256WithRSAEncryption is as good as rsaEncryption', () => {
    expect(read({ signatureAlgorithm: sequence(oid(OID.sha256WithRSA), nullValue()) }).messageType).toBe(19)
  })

  test('digest algorithms may come without parameters', () => {
    expect(read({ digestAlgorithm: sequence(oid(OID.sha256)) }).digest).toBe('sha256')
  })

  test('RSASSA-PSS', () => {
    const hash = sequence(oid(OID.sha256), nullValue())
    const parameters = sequence(
      encode(0xa0, hash),
      encode(0xa1, sequence(oid(OID.mgf1), hash)),
      encode(0xa2, integer(32)),
    )
    const pss = (data: Uint8Array): Uint8Array =>
      sign('sha256', data, { key: device.privateKey, padding: 6, saltLength: 32 })
    expect(read({ signatureAlgorithm: sequence(oid(OID.rsassaPss), parameters), sign: pss }).messageType).toBe(19)
    expect(kindOf({ signatureAlgorithm: sequence(oid(OID.rsassaPss)), sign: pss })).toBe('badAlg')
  })

  test('attributes: unsorted as signed, unsorted but signed sorted, extra unknown ones', () => {
    expect(read({ writeOrder: reversed }).messageType).toBe(19)
    expect(read({ writeOrder: reversed, signOrder: sorted }).messageType).toBe(19)
    expect(read({ extra: [attribute('1.2.840.113549.1.9.25.3', octetString(NONCE))] }).messageType).toBe(19)
  })

  test('BER: indefinite lengths and strings in pieces', () => {
    const ber = streamed(message())
    expect(ber.length).toBeGreaterThan(message().length)
    const parsed = parsePkiMessage(ber)
    expect(verifyCsr(parseCsr(openedCsr(parsed) ?? new Uint8Array()))).toBe(true)
  })

  test('BER within DER: the envelope alone is streamed', () => {
    const parsed = read()
    const content = streamed(parsed.envelope ?? new Uint8Array())
    expect(openedCsr(read({ content }))).not.toBeNull()
  })

  test('CR and LF after it are cut off, anything else is not', () => {
    const der = message()
    const followed = (by: string): Uint8Array => Buffer.concat([der, Buffer.from(by, 'latin1')])
    for (const end of ['\n', '\r\n', '\r\n\r\n\n']) expect(parsePkiMessage(followed(end)).messageType).toBe(19)
    expect(parsePkiMessage(Buffer.concat([streamed(der), Buffer.from('\r\n')])).messageType).toBe(19)
    for (const end of ['\0', ' ', '\nx', 'x\n'])
      expect(faultOf(() => parsePkiMessage(followed(end))).kind).toBe('malformed')
  })

  test('a message whose own last octet is a line feed stays whole', () => {
    for (let i = 0; i < 2_000; i++) {
      const padding = attribute('1.2.3.4', integer(i))
      const der = message({ content: null, extra: [padding] })
      if (der.at(-1) !== 0x0a) continue
      expect(parsePkiMessage(der).messageType).toBe(19)
      expect(parsePkiMessage(Buffer.concat([der, Buffer.from('\n')])).messageType).toBe(19)
      return
    }
    throw new Error('no such signature found')
  }, 20_000)

  test.each([
    ['PrintableString', printableString('19')],
    ['UTF8String', utf8String('19')],
    ['IA5String', encode(TAG.ia5String, Buffer.from('19'))],
    ['INTEGER', integer(19)],
  ])('messageType as %s', (_, value) => {
    expect(read({ attributes: { messageType: attribute(OID.messageType, value) } }).messageType).toBe(19)
  })

  test.each([
    ['abc', printableString('abc'), null],
    ['empty', printableString(''), null],
    ['-1', integer(255), 255],
    ['1e1', printableString('1e1'), null],
    ['99', printableString('99'), 99],
    ['a SEQUENCE', sequence(), null],
  ])('messageType %s is reported, not judged', (_, value, expected) => {
    expect(read({ attributes: { messageType: attribute(OID.messageType, value) } }).messageType).toBe(expected)
  })

  test('no messageType, no nonce, no contentType', () => {
    const parsed = read({ attributes: { messageType: null, senderNonce: null, contentType: null } })
    expect(parsed).toMatchObject({ messageType: null, senderNonce: null })
  })

  test.each([1, 8, 16, 64])('a nonce of %i octets', (length) => {
    expect(
      read({ attributes: { senderNonce: attribute(OID.senderNonce, octetString(Buffer.alloc(length, 7))) } })
        .senderNonce,
    ).toHaveLength(length)
  })

  test.each([
    ['UTF8String', TAG.utf8String],
    ['IA5String', TAG.ia5String],
    ['TeletexString', TAG.teletexString],
  ])('a transactionID as %s keeps its tag', (_, tag) => {
    const parsed = read({
      attributes: { transactionId: attribute(OID.transactionId, encode(tag, Buffer.from('SSCEP transactionId'))) },
    })
    expect(parsed.transactionIdTag).toBe(tag)
  })

  test('no envelope, or an empty one, is no envelope', () => {
    expect(read({ content: null }).envelope).toBeNull()
    expect(read({ content: new Uint8Array() }).envelope).toBeNull()
  })

  test('signingTime', () => {
    const at = new Date('2026-11-23T12:00:00Z')
    expect(read({ extra: [attribute(OID.signingTime, encodeTime(at))] }).signingTime).toEqual(at)
    expect(read({ extra: [attribute(OID.signingTime, printableString('now'))] }).signingTime).toBeNull()
  })
})

describe('the signer', () => {
  test('is the certificate named, whatever else is in the set', () => {
    const parsed = read({ certificates: [stranger.der, device.der, ra.der] })
    expect(Buffer.from(parsed.signer.der)).toEqual(Buffer.from(device.der))
  })

  test('may be named by key identifier', () => {
    const sid = encode(0x80, keyIdentifier(device.spki))
    expect(Buffer.from(read({ sid }).signer.der)).toEqual(Buffer.from(device.der))
  })

  test('may be named by a name written another way', () => {
    const { serial } = read().signer
    const reencoded = sequence(encode(TAG.set, sequence(oid('2.5.4.3'), utf8String('TABLET-7'))))
    expect(Buffer.from(read({ sid: encodeIssuerAndSerial({ issuerDer: reencoded, serial }) }).signer.der)).toEqual(
      Buffer.from(device.der),
    )
  })

  test("keeps odd serials: sscep's 32 octets, Apple's 1, a negative one", () => {
    for (const serial of [
      naturalNumber(Buffer.alloc(32, 0xee)),
      integer(1),
      encode(TAG.integer, Buffer.from([0x80])),
    ]) {
      const der = withSerial(device.der, serial)
      const sid = encodeIssuerAndSerial({ issuerDer: read().signer.issuerDer, serial: parseDer(serial).content })
      expect(Buffer.from(read({ certificates: [der], sid }).signer.serial)).toEqual(
        Buffer.from(parseDer(serial).content),
      )
    }
  })

  test('need not be self-signed', () => {
    expect(parsePkiMessage(makeMessage(ra, ra)).signer.selfSigned).toBe(false)
  })

  test('that is missing is badMessageCheck', () => {
    expect(kindOf({ certificates: [stranger.der] })).toBe('badMessageCheck')
    expect(kindOf({ certificates: [] })).toBe('badMessageCheck')
    expect(kindOf({ certificates: [sequence()] })).toBe('badMessageCheck')
  })

  test('with an EC key is badAlg', () => {
    const key = ecKey()
    const tbsLike = selfSignedCertificate({
      subject: [{ type: 'CN', value: 'tablet-7' }],
      privateKey: device.privateKey,
      spki: key.spki,
    })
    expect(kindOf({ certificates: [tbsLike], sid: encodeIssuerAndSerial(identity(tbsLike)) })).toBe('badAlg')
    expect(kindOf({ signatureAlgorithm: sequence(oid(OID.ecdsaWithSHA256)) })).toBe('badAlg')
  })

  test('with a small key is badAlg, unless a legacy setting lets it in', () => {
    const small = makeDevice(1024)
    const old = makeMessage(small, ra)
    expect(faultOf(() => parsePkiMessage(old)).kind).toBe('badAlg')
    expect(parsePkiMessage(old, { minSignerRsaBits: 1024 }).signer.publicKey).toMatchObject({ bits: 1024 })
  })

  const identity = (der: Uint8Array): { issuerDer: Uint8Array; serial: Uint8Array } => ({
    issuerDer: encodeName([{ type: 'CN', value: 'tablet-7' }]),
    serial: parseDer(der).open().next().children()[1]?.content ?? new Uint8Array(),
  })

  function withSerial(der: Uint8Array, serial: Uint8Array): Uint8Array {
    const [tbs, ...rest] = parseDer(der).children()
    const [version, , ...fields] = tbs?.children() ?? []
    return sequence(
      sequence(version?.bytes ?? integer(0), serial, ...fields.map(({ bytes }) => bytes)),
      ...rest.map(({ bytes }) => bytes),
    )
  }
})

describe('HTTP 400', () => {
  test.each<[string, MessageParts]>([
    ['no transactionID', { attributes: { transactionId: null } }],
    ['an empty transactionID', { attributes: { transactionId: attribute(OID.transactionId, printableString('')) } }],
    [
      'a transactionID of 256 octets',
      { attributes: { transactionId: attribute(OID.transactionId, printableString('x'.repeat(256))) } },
    ],
    ['a transactionID without a value', { attributes: { transactionId: attribute(OID.transactionId) } }],
    ['a transactionID that is a SEQUENCE', { attributes: { transactionId: attribute(OID.transactionId, sequence()) } }],
    [
      'a nonce of 65 octets',
      { attributes: { senderNonce: attribute(OID.senderNonce, octetString(Buffer.alloc(65))) } },
    ],
    ['no signer', { signers: () => [] }],
    ['two signers', { signers: (signer) => [signer, signer] }],
    ['17 certificates', { certificates: Array.from({ length: 17 }, () => device.der) }],
  ])('%s', (_, parts) => {
    expect(faultOf(() => read(parts))).toMatchObject({ kind: 'malformed', facts: null })
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['random bytes', Buffer.from('8f3c11a09be2', 'hex')],
    ['PEM text', Buffer.from(toPem(message(), 'PKCS7'))],
    ['a CSR', makeCsr(device)],
    ['an envelope', read().envelope ?? new Uint8Array()],
    ['a certificate', device.der],
    ['a tower of 60,000 headers', Buffer.from('3080'.repeat(60_000), 'hex')],
    ['200 KiB', Buffer.alloc(204_800, 0x30)],
  ])('%s', (_, bytes) => {
    expect(faultOf(() => parsePkiMessage(bytes)).kind).toBe('malformed')
  })

  test('no signed attributes', () => {
    const [file = '', key = '', cert = ''] = scratchFiles({
      content: 'hello',
      'key.pem': device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      'cert.pem': toPem(device.der),
    })
    const der = openssl([
      'cms',
      '-sign',
      '-noattr',
      '-nodetach',
      '-binary',
      '-in',
      file,
      '-signer',
      cert,
      '-inkey',
      key,
      '-outform',
      'DER',
    ])
    expect(faultOf(() => parsePkiMessage(der)).kind).toBe('malformed')
  })
})

describe('a FAILURE that can be sealed', () => {
  const facts = { transactionIdTag: TAG.printableString, digest: 'sha256', messageType: 19 }

  test.each<[string, string, MessageParts]>([
    ['badAlg', 'an MD5 digest', { digestAlgorithm: sequence(oid('1.2.840.113549.2.5'), nullValue()) }],
    ['badAlg', 'md5WithRSAEncryption', { signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.4'), nullValue()) }],
    [
      'badAlg',
      'a digest and a signature of two hashes',
      { signatureAlgorithm: sequence(oid(OID.sha512WithRSA), nullValue()) },
    ],
    ['badMessageCheck', 'the signature of another key', { sign: (data) => sign('sha256', data, stranger.privateKey) }],
    ['badMessageCheck', 'a signature of zeros', { sign: () => new Uint8Array(256) }],
    ['badMessageCheck', 'an empty signature', { sign: () => new Uint8Array() }],
    [
      'badMessageCheck',
      'another message digest',
      { attributes: { messageDigest: attribute(OID.messageDigest, octetString(Buffer.alloc(32))) } },
    ],
    ['badMessageCheck', 'no message digest', { attributes: { messageDigest: null } }],
    [
      'badMessageCheck',
      'another content type',
      { attributes: { contentType: attribute(OID.contentType, oid(OID.signedData)) } },
    ],
    [
      'badMessageCheck',
      'a content type that no number can hold',
      {
        attributes: {
          contentType: attribute(OID.contentType, encode(TAG.oid, Buffer.alloc(20, 0xff), Uint8Array.of(1))),
        },
      },
    ],
    ['badMessageCheck', 'another eContentType', { contentType: OID.envelopedData }],
    ['badMessageCheck', 'an attribute twice', { extra: [attribute(OID.contentType, oid(OID.data))] }],
    [
      'badMessageCheck',
      'an attribute of two values',
      { extra: [attribute(OID.signingTime, encodeTime(new Date(0)), encodeTime(new Date(1e9)))] },
    ],
    ['badMessageCheck', 'an attribute of none', { extra: [attribute(OID.signingTime)] }],
  ])('%s: %s', (kind, _, parts) => {
    const fault = faultOf(() => read(parts))
    expect(fault).toMatchObject({ kind, facts })
    expect(Buffer.from(fault.facts?.transactionId ?? []).toString()).toBe(TRANSACTION_ID)
    expect(Buffer.from(fault.facts?.senderNonce ?? [])).toEqual(NONCE)
  })

  test('every flipped bit of attributes, signature or content is noticed', () => {
    const der = message()
    const { signers, content } = parseSignedData(der)
    const regions = [signers[0]?.signature, signers[0]?.signedAttributes?.content, content]
    for (const region of regions) {
      const at = Buffer.from(der).indexOf(Buffer.from(region ?? []))
      for (let offset = 0; offset < (region?.length ?? 0); offset += 37) {
        const changed = Uint8Array.from(der)
        changed[at + offset] = (changed[at + offset] ?? 0) ^ 0x10
        expect(faultOf(() => parsePkiMessage(changed)).kind).toMatch(/^(badMessageCheck|malformed|badAlg)$/)
      }
    }
  })
})

describe('CMS by openssl', () => {
  const key = rsaKey()
  const der = selfSignedCertificate({ subject: [{ type: 'CN', value: 'openssl' }], privateKey: key.privateKey })

  test.each([
    ['SHA-1', ['-md', 'sha1']],
    ['SHA-256', ['-md', 'sha256']],
    ['SHA-512', ['-md', 'sha512']],
    ['by key identifier', ['-keyid']],
    ['PSS', ['-keyopt', 'rsa_padding_mode:pss', '-md', 'sha256']],
    ['streamed', ['-stream']],
  ])('signed data, %s', (_, options) => {
    const [content = '', keyFile = '', cert = ''] = scratchFiles({
      content: 'hello',
      'key.pem': key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      'cert.pem': options[0] === '-keyid' ? opensslCertificate() : toPem(der),
    })
    const signed = openssl([
      'cms',
      '-sign',
      '-nodetach',
      '-binary',
      '-in',
      content,
      '-signer',
      cert,
      '-inkey',
      keyFile,
      '-outform',
      'DER',
      ...options,
    ])
    const fault = faultOf(() => parsePkiMessage(signed))
    expect(fault.message).toContain('no transactionID')
  })

  test('its signatures verify', () => {
    const [content = '', keyFile = '', cert = ''] = scratchFiles({
      content: 'hello',
      'key.pem': key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      'cert.pem': toPem(der),
    })
    const signed = openssl([
      'cms',
      '-sign',
      '-nodetach',
      '-binary',
      '-in',
      content,
      '-signer',
      cert,
      '-inkey',
      keyFile,
      '-outform',
      'DER',
    ])
    const [signer] = parseSignedData(signed).signers
    const publicKey = read().signer.publicKey
    if (!signer) throw new Error('no signer')
    expect(verifySigner(signer, 'sha256', publicKey)).toBe(false)
    expect(verifySigner(signer, 'sha256', parsePkiMessage(makeMessage({ ...key, der }, ra)).signer.publicKey)).toBe(
      true,
    )
  })

  function opensslCertificate(): string {
    const [keyFile = ''] = scratchFiles({
      'key.pem': key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    })
    return openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      keyFile,
      '-subj',
      '/CN=x',
      '-addext',
      'subjectKeyIdentifier=hash',
    ]).toString()
  }
})

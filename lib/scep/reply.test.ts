import { sign } from 'node:crypto'
import * as pkijs from 'pkijs'
import { describe, expect, test } from 'vitest'
import { asn1parse, openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { makeDevice, makeMessage, makeParties, NONCE, TRANSACTION_ID } from '@/e2e/fixtures/scep-messages'
import { toPem } from '@/lib/pki/certificate'
import { parseDer, TAG } from '@/lib/pki/der'
import { oidOf } from '@/lib/pki/der-values'
import { OID } from '@/lib/pki/oid'
import type { Cipher, ReplyDigest } from './algorithms'
import { parseSignedAttributes } from './attributes'
import { parseCaCertificates, parseCertRep } from './client'
import { FAIL_INFO_NUMBER, FAIL_TEXT, type FailInfo } from './fail-info'
import {
  degenerateCertificates,
  parseEnvelope,
  parsePkiMessage,
  type ReplyContext,
  ScepFault,
  sealFailure,
  sealPending,
  sealSuccess,
} from './message'
import { parseSignedData } from './signed-data'

const { ra, device, issuer, root } = makeParties()
const stranger = makeDevice()
const request = parsePkiMessage(makeMessage(device, ra))
const leaf = issuer

function context(change: Partial<ReplyContext> = {}): ReplyContext {
  const digest = change.digest ?? 'sha256'
  return {
    transactionId: request.transactionId,
    transactionIdTag: request.transactionIdTag,
    recipientNonce: request.senderNonce,
    digest,
    cipher: 'aes128',
    signer: request.signer,
    ra: { certificateDer: ra.der },
    sign: async (signedAttributes) => sign(digest, signedAttributes, ra.privateKey),
    ...change,
  }
}

const expected = { raDer: ra.der, privateKey: device.privateKey, senderNonce: NONCE }
const buffers = (list: readonly Uint8Array[]): Buffer[] => list.map((each) => Buffer.from(each))

function attributesOf(reply: Uint8Array): ReturnType<typeof parseSignedAttributes>['first'] {
  const [signer] = parseSignedData(reply).signers
  if (!signer?.signedAttributes) throw new Error('no signer')
  return parseSignedAttributes(signer.signedAttributes).first
}

describe('SUCCESS', () => {
  test('the device opens it and finds the leaf', async () => {
    const reply = await sealSuccess(context(), [leaf])
    expect(parseCertRep(reply, expected)).toEqual({
      pkiStatus: 'SUCCESS',
      certificates: buffers([leaf]),
      crls: [],
      transactionId: TRANSACTION_ID,
    })
  })

  test('openssl verifies the signature, decrypts the envelope and lists the certificate', async () => {
    const reply = await sealSuccess(context(), [leaf])
    const key = device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const [file = '', raFile = '', keyFile = '', cert = ''] = scratchFiles({
      reply,
      'ra.pem': toPem(ra.der),
      'key.pem': key,
      'device.pem': toPem(device.der),
    })
    const envelope = openssl([
      'cms',
      '-verify',
      '-inform',
      'DER',
      '-in',
      file,
      '-noverify',
      '-nointern',
      '-certfile',
      raFile,
      '-binary',
    ])
    const inner = openssl(['cms', '-decrypt', '-inform', 'DER', '-inkey', keyFile, '-recip', cert, '-binary'], envelope)
    const listed = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], inner).toString()
    expect(listed).toContain(toPem(leaf))
    asn1parse(reply)
  })

  test('pkijs reads every layer', async () => {
    const reply = await sealSuccess(context(), [leaf])
    const signed = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(Buffer.from(reply)).content })
    expect(signed.version).toBe(1)
    expect(signed.signerInfos[0]?.signatureAlgorithm.algorithmId).toBe(OID.rsaEncryption)
    const enveloped = new pkijs.EnvelopedData({
      schema: pkijs.ContentInfo.fromBER(Buffer.from(parseSignedData(reply).content ?? [])).content,
    })
    expect([enveloped.version, enveloped.recipientInfos.length]).toEqual([0, 1])
  })

  test.each<Cipher>(['aes128', 'aes192', 'aes256', '3des'])('mirrors %s', async (cipher) => {
    const reply = await sealSuccess(context({ cipher }), [leaf])
    expect(parseEnvelope(parseSignedData(reply).content ?? new Uint8Array()).cipher).toBe(cipher)
    expect(parseCertRep(reply, expected).certificates).toHaveLength(1)
  })

  test.each<ReplyDigest>(['sha1', 'sha256', 'sha384', 'sha512'])('mirrors %s', async (digest) => {
    expect(parseCertRep(await sealSuccess(context({ digest }), [leaf]), expected).pkiStatus).toBe('SUCCESS')
  })

  test('goes to the signer alone, by PKCS#1 v1.5, named byte for byte', async () => {
    const reply = await sealSuccess(context(), [leaf])
    const { recipients } = parseEnvelope(parseSignedData(reply).content ?? new Uint8Array())
    expect(recipients).toHaveLength(1)
    expect(recipients[0]).toMatchObject({ transport: 'pkcs1', kind: 'issuerAndSerial' })
    expect(buffers([recipients[0]?.issuerDer ?? new Uint8Array(), recipients[0]?.serial ?? new Uint8Array()])).toEqual(
      buffers([request.signer.issuerDer, request.signer.serial]),
    )
    expect(() => parseCertRep(reply, { ...expected, privateKey: stranger.privateKey })).toThrow(ScepFault)
  })

  test('keeps the order given: Apple takes the first certificate as its own', async () => {
    const chain = [leaf, root, ra.der]
    expect(parseCertRep(await sealSuccess(context(), chain), expected).certificates).toEqual(buffers(chain))
  })
})

describe('FAILURE and PENDING', () => {
  test.each(Object.keys(FAIL_INFO_NUMBER) as FailInfo[])('%s', async (failInfo) => {
    const reply = await sealFailure(context(), failInfo, FAIL_TEXT.unprocessable)
    expect(parseCertRep(reply, expected)).toEqual({
      pkiStatus: 'FAILURE',
      failInfo: FAIL_INFO_NUMBER[failInfo],
      failInfoText: 'request could not be processed',
      certificates: [],
      crls: [],
      transactionId: TRANSACTION_ID,
    })
    expect(parseSignedData(reply).content).toBeNull()
    const attributes = attributesOf(reply)
    expect(attributes.get(OID.failInfo)?.tag).toBe(TAG.printableString)
    expect(attributes.get(OID.failInfoText)?.tag).toBe(TAG.utf8String)
  })

  test('PENDING has neither envelope nor failInfo', async () => {
    const reply = await sealPending(context())
    expect(parseCertRep(reply, expected).pkiStatus).toBe('PENDING')
    expect(parseSignedData(reply).content).toBeNull()
    expect(attributesOf(reply).has(OID.failInfo)).toBe(false)
  })

  test('what is known of a broken message suffices to answer it', async () => {
    try {
      parsePkiMessage(makeMessage(device, ra, { sign: () => new Uint8Array(256) }))
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof ScepFault) || !error.facts) throw error
      const { transactionId, transactionIdTag, senderNonce: recipientNonce } = error.facts
      const { ra: authority, sign: signReply } = context()
      const reply = await sealFailure(
        { transactionId, transactionIdTag, recipientNonce, digest: 'sha256', ra: authority, sign: signReply },
        'badMessageCheck',
        FAIL_TEXT.signature,
      )
      expect(parseCertRep(reply, expected)).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 1 })
    }
  })

  test('openssl verifies a reply without content', async () => {
    const reply = await sealFailure(context(), 'badRequest', FAIL_TEXT.challenge)
    const [file = '', raFile = '', empty = ''] = scratchFiles({ reply, 'ra.pem': toPem(ra.der), empty: '' })
    expect(
      openssl([
        'cms',
        '-verify',
        '-inform',
        'DER',
        '-in',
        file,
        '-noverify',
        '-certfile',
        raFile,
        '-binary',
        '-content',
        empty,
      ]),
    ).toHaveLength(0)
    expect(openssl(['cms', '-cmsout', '-print', '-inform', 'DER', '-noout'], reply).toString()).toContain(
      'eContent: <ABSENT>',
    )
  })
})

describe('every reply', () => {
  const replies = (): Promise<Uint8Array[]> =>
    Promise.all([
      sealSuccess(context(), [leaf]),
      sealFailure(context(), 'badAlg', FAIL_TEXT.algorithm),
      sealPending(context()),
    ])

  test('is strict DER with sorted attributes and the RA certificate alone', async () => {
    for (const reply of await replies()) {
      const signedData = parseSignedData(reply)
      expect(buffers(signedData.certificates.map(({ bytes }) => bytes))).toEqual(buffers([ra.der]))
      const written = signedData.signers[0]?.signedAttributes?.children().map(({ bytes }) => Buffer.from(bytes)) ?? []
      expect(written).toEqual(written.toSorted(Buffer.compare))
      expect(signedData.signers[0]?.signatureAlgorithm.oid).toBe(OID.rsaEncryption)
      expect(() => parseDer(reply)).not.toThrow()
    }
  })

  test('carries the strings clients insist on', async () => {
    for (const reply of await replies()) {
      const attributes = attributesOf(reply)
      for (const type of [OID.messageType, OID.pkiStatus, OID.transactionId])
        expect(attributes.get(type)?.tag).toBe(TAG.printableString)
      for (const type of [OID.senderNonce, OID.recipientNonce, OID.messageDigest])
        expect(attributes.get(type)?.tag).toBe(TAG.octetString)
      expect(oidOf(attributes.get(OID.contentType)?.content ?? new Uint8Array())).toBe(OID.data)
      expect(Buffer.from(attributes.get(OID.messageType)?.bytes ?? []).toString('hex')).toBe('130133')
      expect(attributes.has(OID.signingTime)).toBe(false)
    }
  })

  test("has a senderNonce of its own, as long as the request's", async () => {
    const nonces = (await Promise.all(Array.from({ length: 20 }, () => sealPending(context())))).map((reply) =>
      Buffer.from(attributesOf(reply).get(OID.senderNonce)?.content ?? []).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(20)
    const short = attributesOf(await sealPending(context({ recipientNonce: Buffer.alloc(8, 1) })))
    expect([short.get(OID.senderNonce)?.content.length, short.get(OID.recipientNonce)?.content.length]).toEqual([8, 8])
    const none = attributesOf(await sealPending(context({ recipientNonce: null })))
    expect([none.get(OID.senderNonce)?.content.length, none.has(OID.recipientNonce)]).toEqual([16, false])
  })

  test('copies the transactionID with its tag', async () => {
    const transactionId = Buffer.from('SSCEP transactionId')
    const value = attributesOf(await sealPending(context({ transactionId, transactionIdTag: TAG.utf8String }))).get(
      OID.transactionId,
    )
    expect([value?.tag, Buffer.from(value?.content ?? []).toString()]).toEqual([TAG.utf8String, 'SSCEP transactionId'])
  })
})

describe('the client believes no reply', () => {
  test.each<[string, () => Promise<Uint8Array>, Partial<typeof expected>]>([
    [
      'signed by another key',
      () => sealPending(context({ sign: async (data) => sign('sha256', data, stranger.privateKey) })),
      {},
    ],
    ['of another registration authority', () => sealPending(context()), { raDer: stranger.der }],
    ['to another request', () => sealPending(context()), { senderNonce: Buffer.alloc(16) }],
    ['without a nonce', () => sealPending(context({ recipientNonce: null })), {}],
    ['that is a request', async () => makeMessage(ra, ra), {}],
  ])('%s', async (_, make, change) => {
    const reply = await make()
    expect(() => parseCertRep(reply, { ...expected, ...change })).toThrow(ScepFault)
  })

  test('that was cut or is nothing', () => {
    for (const bytes of [new Uint8Array(), Buffer.from('<html>')])
      expect(() => parseCertRep(bytes, expected)).toThrow(ScepFault)
  })
})

describe('GetCACert', () => {
  test('a chain in the order given, read by openssl', () => {
    const der = degenerateCertificates([ra.der, issuer, root])
    const listed = openssl(['pkcs7', '-inform', 'DER', '-print_certs', '-noout'], der).toString()
    expect(listed.match(/subject=.*/g)).toEqual([
      'subject=CN = Staff Registration Authority',
      'subject=CN = Staff Issuer',
      'subject=CN = Example Root',
    ])
    expect(parseSignedData(der)).toMatchObject({ content: null, signers: [], contentType: OID.data })
    expect(buffers(parseCaCertificates(der))).toEqual(buffers([ra.der, issuer, root]))
  })

  test('a single certificate', () => {
    expect(parseCaCertificates(ra.der)).toEqual([ra.der])
  })
})

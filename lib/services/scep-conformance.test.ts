/** Points of the SCEP checklist that no other test makes, asked of the whole service (docs/scep-conformance.md). */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { attribute, type MessageParts, makeMessage, type Party, reversed, streamed } from '@/e2e/fixtures/scep-messages'
import { parseCertificate } from '@/lib/pki/certificate'
import { buildCsr } from '@/lib/pki/csr'
import { parseDer, TAG } from '@/lib/pki/der'
import { bitString, context, encode, integer, nullValue, octetString, oid, sequence, setOf } from '@/lib/pki/der-write'
import { encodeExtensions } from '@/lib/pki/extension'
import { encodeBasicConstraints, encodeExtendedKeyUsage } from '@/lib/pki/extension-values'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { encodeSan } from '@/lib/pki/san'
import type { Serial } from '@/lib/pki/serial'
import { signatureIdentifier, signWith } from '@/lib/pki/sign'
import { parseSignedAttributes } from '@/lib/scep/attributes'
import { parseCaCertificates, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { parseEnvelope, sealEnvelope } from '@/lib/scep/envelope'
import { identityOf, parseSignedData } from '@/lib/scep/signed-data'
import { scepHttpResponse } from '@/server/device-paths'
import {
  type EnrolmentPortal,
  enrolmentPortal,
  memoryEnrolmentBacking,
  REQUEST,
  rsaKey,
  signerCertificate,
  TABLET,
} from './testing/enrolment'
import { actor, NOON } from './testing/harness'

let portal: EnrolmentPortal
let ra: Party
const device: Party = partyOf(0)
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking(), {}, { pause: async () => {} })
  const [der = new Uint8Array()] = await portal.chain()
  ra = { ...device, der }
})

function partyOf(number: number): Party {
  const der = signerCertificate(number)
  return { privateKey: rsaKey(number), spki: identityOf(parseDer(der)).spki, der }
}

const sealed = (csr: Uint8Array, to = ra.der) => sealEnvelope(csr, identityOf(parseDer(to)), 'aes128')
const csrOf = (challenge: string) => buildCsr({ subject: TABLET, challengePassword: challenge, privateKey: rsaKey(0) })
const post = (body: Uint8Array, endpoint = portal.slug) => portal.scep.handle({ ...REQUEST, endpoint, body })
const NONCE = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const open = (reply: Uint8Array, party = device) =>
  parseCertRep(reply, { raDer: ra.der, privateKey: party.privateKey, senderNonce: NONCE })

/** A sound PKCSReq with a fresh challenge, but for these parts. */
async function sent(parts: MessageParts = {}, from = device) {
  const minted = await portal.mint()
  const body = makeMessage(from, ra, { content: sealed(csrOf(minted.challenge)), ...parts })
  const response = await post(body)
  return {
    ...minted,
    body,
    response,
    pending: async () => (await portal.backing.challengeState(minted.id)) === 'pending',
  }
}

/** A request with whatever attributes and extensions, signed by its key. */
function requestWith(challenge: string, extensions: { oid: string; critical: boolean; value: Uint8Array }[]) {
  const attributes = [
    sequence(oid(OID.challengePassword), setOf([encode(TAG.utf8String, Buffer.from(challenge))])),
    sequence(oid(OID.extensionRequest), setOf([encodeExtensions(extensions)])),
  ]
  const info = sequence(integer(0), encodeName(TABLET), device.spki, context(0, ...attributes))
  const signature = bitString(signWith(device.privateKey, 'sha256', info))
  return sequence(info, signatureIdentifier(device.privateKey, 'sha256'), signature)
}

describe('GetCACaps and GetCACert', () => {
  test.each(['message=', 'message=0', 'message=1', 'message=default', 'message=CAIdentifier&x=%00'])(
    'answer %s as without it, in any letter case of the operation',
    async (message) => {
      for (const operation of ['GetCACaps', 'GetCACert']) {
        const get = async (query: string) => {
          const { status, body } = await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query })
          return `${status} ${Buffer.from(body).toString('hex')}`
        }
        const plain = await get(`operation=${operation}`)
        expect(plain).toMatch(/^200 /)
        expect(await get(`operation=${operation}&${message}`)).toBe(plain)
        expect(await get(`${message}&OPERATION=${operation.toLowerCase()}`)).toBe(plain)
      }
    },
  )

  test.each(['/scep/staff/', '/scep/staff/pkiclient.exe', '/scep/staff/pkiclient.exe/pkiclient.exe'])(
    '%s answers directly, and an unknown name is 404 without a page or a redirect',
    async (path) => {
      const get = (at: string) =>
        scepHttpResponse(
          { scepEnrolment: portal.scep },
          { ...REQUEST, method: 'GET', path: at, query: 'operation=GetCACaps', headers: { get: () => null } },
        )
      const found = await get(path)
      expect(found).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/plain' } })
      const lines = Buffer.from(found.body).toString('latin1')
      expect(lines).toMatch(/^([A-Za-z0-9-]+\n)+$/)
      expect(lines.length).toBeLessThan(1_024)
      const unknown = await get(path.replace('staff', 'nobody'))
      expect(unknown).toMatchObject({ status: 404, body: new Uint8Array(0) })
      expect(unknown.headers).not.toHaveProperty('Location')
    },
  )

  test('the chain is a degenerate SignedData: no signer, no content, the registration authority first', async () => {
    const get = { ...REQUEST, endpoint: portal.slug, method: 'GET', query: 'operation=GetCACert' }
    const { contentType, body } = await portal.scep.handle(get)
    expect(contentType).toBe('application/x-x509-ca-ra-cert')
    expect(parseSignedData(body)).toMatchObject({ signers: [], content: null })
    const [first, second] = parseCaCertificates(body).map((der) => parseCertificate(der))
    expect([first?.isCa, second?.isCa]).toEqual([false, true])
  })
})

describe('messages', () => {
  test.each<[string, (body: Uint8Array) => number]>([
    ['the CMS signature', (body) => body.length - 20],
    ['the EnvelopedData', (body) => Buffer.from(body).indexOf(Buffer.from('0609608648016503040102', 'hex')) + 40],
  ])('a flipped bit in %s is badMessageCheck, and the challenge stays', async (_, at) => {
    const { challenge, id } = await portal.mint()
    const body = Buffer.from(makeMessage(device, ra, { content: sealed(csrOf(challenge)) }))
    body[at(body)] = (body[at(body)] ?? 0) ^ 1
    expect(open((await post(body)).body)).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 1 })
    expect(await portal.backing.challengeState(id)).toBe('pending')
  })

  test('an MD5 digest is badAlg', async () => {
    const md5 = sequence(oid('1.2.840.113549.2.5'), nullValue())
    const { response, pending } = await sent({ digestAlgorithm: md5 })
    expect(open(response.body)).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 0 })
    expect(await pending()).toBe(true)
  })

  test("micromdm's scepclient, which knows single DES alone, is badAlg by default", async () => {
    const captured = readFileSync('testdata/scep/scepclient-2.1.0-pkcsreq.der')
    const { body } = await post(captured)
    const [signer] = parseSignedData(body).signers
    const { first } = parseSignedAttributes(signer?.signedAttributes ?? parseDer(sequence()))
    expect(Buffer.from(first.get(OID.failInfo)?.content ?? []).toString()).toBe('0')
  })

  test.each(Array.from({ length: 256 }, (_, type) => type).filter((type) => type !== 19 && type !== 20))(
    'messageType %i with a valid challenge issues nothing and leaves it usable, whoever signs',
    async (type) => {
      for (const tag of [TAG.printableString, TAG.utf8String]) {
        const value = encode(tag, Buffer.from(String(type)))
        const { response, pending } = await sent({ attributes: { messageType: attribute(OID.messageType, value) } })
        expect(open(response.body)).toMatchObject({ pkiStatus: 'FAILURE', certificates: [] })
        expect(await pending()).toBe(true)
      }
    },
  )

  test.each(['abc', '', '-19', '19 ', '019', '1\u00009', '\u0661\u0669'])('messageType %j is none', async (text) => {
    const value = encode(TAG.utf8String, Buffer.from(text))
    const { response, pending } = await sent({ attributes: { messageType: attribute(OID.messageType, value) } })
    const accepted = text === '019' // the number of a PKCSReq, written oddly
    expect(open(response.body).pkiStatus).toBe(accepted ? 'SUCCESS' : 'FAILURE')
    expect(await pending()).toBe(!accepted)
  })

  test('without a transactionID, with no signer or with two: HTTP 400', async () => {
    const faults: MessageParts[] = [
      { attributes: { transactionId: null } },
      { signers: () => [] },
      { signers: (signer) => [signer, signer] },
    ]
    for (const parts of faults) {
      const { response, pending } = await sent(parts)
      expect(response).toMatchObject({ status: 400, body: new Uint8Array(0) })
      expect(await pending()).toBe(true)
    }
  })

  test('without a senderNonce: processed, and the reply carries no recipientNonce', async () => {
    const { response } = await sent({ attributes: { senderNonce: null } })
    const [signer] = parseSignedData(response.body).signers
    const { first } = parseSignedAttributes(signer?.signedAttributes ?? parseDer(sequence()))
    expect(first.has(OID.recipientNonce)).toBe(false)
    expect(first.get(OID.senderNonce)?.content).toHaveLength(16)
    expect(Buffer.from(first.get(OID.pkiStatus)?.content ?? []).toString()).toBe('0')
  })

  test('signed over unsorted attributes with unknown ones among them, or in BER: processed, answered in strict DER', async () => {
    const unknown = attribute('1.2.840.113549.1.9.25.3', octetString(Buffer.alloc(16)))
    for (const change of ['unsorted', 'BER'] as const) {
      const { challenge } = await portal.mint()
      const parts = { content: sealed(csrOf(challenge)), extra: [unknown] }
      const unsorted = { ...parts, writeOrder: reversed }
      const body = change === 'BER' ? streamed(makeMessage(device, ra, parts)) : makeMessage(device, ra, unsorted)
      const { body: reply } = await post(body)
      expect(parseDer(reply).end).toBe(reply.length)
      expect(open(reply)).toMatchObject({ pkiStatus: 'SUCCESS' })
    }
  })

  test('an EC signer is badAlg and nothing is issued', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = replaceSpki(device.der, new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
    const { issuerDer, serial } = identityOf(parseDer(forged))
    const { response, pending } = await sent({
      certificates: [forged],
      signatureAlgorithm: sequence(oid(OID.ecdsaWithSHA256)),
      sign: (data) => signWith(privateKey, 'sha256', data),
      sid: sequence(issuerDer, encode(TAG.integer, serial)),
    })
    expect(open(response.body)).toMatchObject({ pkiStatus: 'FAILURE', failInfo: 0 })
    expect(await pending()).toBe(true)
  })

  test('of two certificates only the signer is written to', async () => {
    const other = partyOf(1)
    const { response } = await sent({ certificates: [other.der, device.der] })
    expect(open(response.body)).toMatchObject({ pkiStatus: 'SUCCESS' })
    const { recipients } = parseEnvelope(parseSignedData(response.body).content ?? new Uint8Array())
    expect(recipients).toHaveLength(1)
    expect(() => open(response.body, other)).toThrow()
  })

  test.each<[string, Partial<Parameters<typeof selfSignedCertificate>[0]>]>([
    ['of last year', { notBefore: new Date('2001-01-01'), notAfter: new Date('2001-01-02') }],
    ['with serial 1', { serial: '01' as Serial }],
    ['with a serial of 32 octets', { serial: `7f${'ab'.repeat(31)}` as Serial }],
  ])('a self-signed signer %s is as good as any, and its serial names the recipient of the reply', async (_, odd) => {
    const der = selfSignedCertificate({ subject: [{ type: 'CN', value: 'x' }], privateKey: rsaKey(0), ...odd })
    const { response } = await sent({}, { ...device, der })
    expect(open(response.body)).toMatchObject({ pkiStatus: 'SUCCESS' })
    const { recipients } = parseEnvelope(parseSignedData(response.body).content ?? new Uint8Array())
    expect(Buffer.from(recipients[0]?.serial ?? [])).toEqual(Buffer.from(identityOf(parseDer(der)).serial))
  })

  test('to the registration authority of before its renewal: opened, and answered by the new one', async () => {
    const old = ra.der
    portal.time.now = new Date(parseCertificate(old).notAfter.getTime() - 86_400_000)
    expect(await portal.registrationAuthorities.renewEnding(actor('admin'))).toBe(1)
    portal.time.now = new Date(portal.time.now.getTime() + 2_000)
    const [current = new Uint8Array()] = await portal.chain()
    expect(Buffer.from(current).equals(old)).toBe(false)
    const { challenge } = await portal.mint()
    const { body } = await post(makeMessage(device, ra, { content: sealed(csrOf(challenge), old) }))
    const expected = { raDer: current, privateKey: device.privateKey, senderNonce: NONCE }
    expect(parseCertRep(body, expected)).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

describe('requests', () => {
  test('the certificate has the key of the CSR, and is all there is in the reply', async () => {
    const { response } = await sent()
    const { certificates } = open(response.body)
    expect(certificates).toHaveLength(1)
    const leaf = new X509Certificate(certificates[0] as Uint8Array)
    expect(leaf.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(device.spki))
  })

  test('that ask to be a CA are refused, and the challenge stays', async () => {
    const { challenge, id } = await portal.mint()
    const ca = { oid: OID.basicConstraints, critical: true, value: encodeBasicConstraints(true) }
    const { body } = await post(makeMessage(device, ra, { content: sealed(requestWith(challenge, [ca])) }))
    expect(open(body)).toMatchObject({
      pkiStatus: 'FAILURE',
      failInfo: 2,
      failInfoText: 'request not permitted by policy',
    })
    expect(await portal.backing.challengeState(id)).toBe('pending')
  })

  test('that ask for usages the profile has not still get those it has', async () => {
    const { challenge } = await portal.mint()
    const usage = { oid: OID.extendedKeyUsage, critical: false, value: encodeExtendedKeyUsage([OID.serverAuth]) }
    const { body } = await post(makeMessage(device, ra, { content: sealed(requestWith(challenge, [usage])) }))
    const leaf = parseCertificate(open(body).certificates[0] as Uint8Array)
    expect(leaf.extendedKeyUsage).toEqual([OID.clientAuth])
  })

  test('with an empty subject and a name get a certificate in which that name is critical', async () => {
    const san = [{ type: 'dns' as const, value: 'tablet-7.example' }]
    const { challenge } = await portal.mint('', san)
    const csr = buildCsr({ subject: [], san, challengePassword: challenge, privateKey: rsaKey(0) })
    const { body } = await post(makeMessage(device, ra, { content: sealed(csr) }))
    const leaf = parseCertificate(open(body).certificates[0] as Uint8Array)
    expect(leaf.subject).toEqual([])
    expect(leaf.extensions.find((extension) => extension.oid === OID.subjectAltName)).toEqual({
      oid: OID.subjectAltName,
      critical: true,
      value: Buffer.from(encodeSan(san)),
    })
  })

  test('with an RSA key of 1024 bits are refused, and the challenge stays', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const { challenge, id } = await portal.mint()
    const csr = buildCsr({ subject: TABLET, challengePassword: challenge, privateKey })
    expect(open((await post(makeMessage(device, ra, { content: sealed(csr) }))).body)).toMatchObject({ failInfo: 2 })
    expect(await portal.backing.challengeState(id)).toBe('pending')
  })

  test.each([TAG.utf8String, TAG.printableString, TAG.ia5String, TAG.teletexString, TAG.bmpString])(
    'with their challenge in a string of type %i get their certificate',
    async (tag) => {
      const { challenge } = await portal.mint()
      const text = tag === TAG.bmpString ? Buffer.from(challenge, 'utf16le').swap16() : Buffer.from(challenge)
      const password = sequence(oid(OID.challengePassword), setOf([encode(tag, text)]))
      const info = sequence(integer(0), encodeName(TABLET), device.spki, context(0, password))
      const signature = bitString(signWith(device.privateKey, 'sha256', info))
      const csr = sequence(info, signatureIdentifier(device.privateKey, 'sha256'), signature)
      const { body } = await post(makeMessage(device, ra, { content: sealed(csr) }))
      expect(open(body)).toMatchObject({ pkiStatus: 'SUCCESS' })
    },
  )
})

describe('attacks', () => {
  test('a message captured at one endpoint opens nothing at another, and its challenge stays', async () => {
    const other = await portal.createGroup('Printers')
    const { challenge, id } = await portal.mint()
    const body = makeMessage(device, ra, { content: sealed(csrOf(challenge)) })
    const elsewhere = await post(body, other.endpoint.slug)
    const [otherRa = new Uint8Array()] = await portal.chain(other.endpoint.slug)
    const expected = { raDer: otherRa, privateKey: device.privateKey, senderNonce: NONCE }
    expect(parseCertRep(elsewhere.body, expected)).toMatchObject({
      pkiStatus: 'FAILURE',
      failInfo: 2,
      certificates: [],
    })
    expect(await portal.backing.challengeState(id)).toBe('pending')
    expect(open((await post(body)).body)).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('two challenges in one request, of which one is right, are worth none', async () => {
    const { challenge, id } = await portal.mint()
    for (const values of [
      [challenge, 'X'],
      ['X', challenge],
      [challenge, challenge],
    ]) {
      const passwords = values.map((value) =>
        sequence(oid(OID.challengePassword), setOf([encode(TAG.utf8String, Buffer.from(value))])),
      )
      const info = sequence(integer(0), encodeName(TABLET), device.spki, context(0, ...passwords))
      const signature = bitString(signWith(device.privateKey, 'sha256', info))
      const csr = sequence(info, signatureIdentifier(device.privateKey, 'sha256'), signature)
      const { body } = await post(makeMessage(device, ra, { content: sealed(csr) }))
      expect(open(body)).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
    }
    expect(await portal.backing.challengeState(id)).toBe('pending')
  })

  test.each([0, 16, 32, 43, 255, 256, 4_000, 16_000, 20_000])(
    'a wrong challenge of %i characters is refused like any other',
    async (length) => {
      const csr = csrOf('A'.repeat(length))
      const { failInfo, pkiStatus } = open((await post(makeMessage(device, ra, { content: sealed(csr) }))).body)
      expect({ failInfo, pkiStatus }).toEqual({ failInfo: 2, pkiStatus: 'FAILURE' })
    },
  )

  test('the rightful device after somebody used its challenge: recorded with the certificate that came of it', async () => {
    const { challenge, id } = await portal.mint()
    const thief = await portal.device({ challenge, signer: 1 })
    expect(await thief.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    const { full } = await portal.eventsOf(async () => (await portal.device({ challenge })).enrol())
    expect(full).toMatchObject([
      { type: 'challenge.replayed', object: { id }, data: { firstCertificateId: expect.any(String) } },
    ])
  })

  test('a challenge that ends between its reservation and its use is honoured, one that ended before is not', async () => {
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const { signCertificate } = portal.signer
    portal.signer.signCertificate = async (...given) => {
      await portal.backing.age('challenge', id, 61)
      return signCertificate(...given)
    }
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    portal.signer.signCertificate = signCertificate
    const late = await portal.mint()
    await portal.backing.age('challenge', late.id, 61)
    expect(await (await portal.device({ challenge: late.challenge })).enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
    expect(portal.time.now).toEqual(NOON)
  })
})

/** The certificate with another key in it: its signature no longer holds, which nobody asks of a self-made one. */
function replaceSpki(certificate: Uint8Array, spki: Uint8Array): Uint8Array {
  const [tbs, ...rest] = parseDer(certificate).children()
  const parts = tbs?.children() ?? []
  const changed = parts.map(({ bytes }, at) => (at === 6 ? spki : bytes))
  return sequence(sequence(...changed), ...rest.map(({ bytes }) => bytes))
}

/** What GetCert and GetCRL name, read from whatever a client puts into its envelope, and the list that answers. */
import { sign } from 'node:crypto'
import * as pkijs from 'pkijs'
import { beforeAll, expect, test } from 'vitest'
import { makeParties, NONCE, type Party } from '@/e2e/fixtures/scep-messages'
import { assembleCrl, buildTbsCertList, entriesOf } from '@/lib/pki/crl'
import { DerError, parseDer } from '@/lib/pki/der'
import { encode, integer, sequence } from '@/lib/pki/der-write'
import { encodeName } from '@/lib/pki/name'
import { parseCertRep } from './client'
import { parseCertificateName, type ReplyContext, sealCrl } from './message'
import { degenerateCrl, encodeIssuerAndSerial, identityOf } from './signed-data'

const issuerDer = encodeName([{ type: 'CN', value: 'Staff Issuing CA' }])

test('issuer and serial number are read, a leading zero octet aside', () => {
  const plaintext = encodeIssuerAndSerial({ issuerDer, serial: Buffer.from('00ff01', 'hex') })
  const name = parseCertificateName(plaintext)
  expect(name.serial).toBe('FF01')
  expect(Buffer.from(name.issuerDer).equals(issuerDer)).toBe(true)
})

test('and when they come with indefinite lengths, as Java stacks write them', () => {
  const strict = encodeIssuerAndSerial({ issuerDer, serial: new Uint8Array([5]) })
  const content = strict.subarray(2)
  const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), content, Buffer.from([0, 0])])
  expect(parseCertificateName(indefinite).serial).toBe('05')
})

test.each([
  ['nothing', new Uint8Array()],
  ['text', Buffer.from('certificate 5')],
  ['no sequence', integer(5)],
  ['a name alone', sequence(issuerDer)],
  ['more than two values', sequence(issuerDer, integer(5), integer(6))],
  ['an issuer that is no name', sequence(sequence(integer(1)), integer(5))],
  ['a serial number without end', sequence(issuerDer, encode(0x02, new Uint8Array(41).fill(1)))],
  ['bytes after the end', Buffer.concat([sequence(issuerDer, integer(5)), Buffer.from([0])])],
])('%s is a DerError', (_what, plaintext) => {
  expect(() => parseCertificateName(plaintext)).toThrow(DerError)
})

let ra: Party
let device: Party
let crl: Uint8Array
beforeAll(() => {
  const parties = makeParties()
  ra = parties.ra
  device = parties.device
  const tbs = buildTbsCertList({
    issuerDer,
    number: 7n,
    thisUpdate: new Date('2026-11-01T00:00:00Z'),
    nextUpdate: new Date('2026-11-02T00:00:00Z'),
    authorityKeyId: new Uint8Array(20),
    signature: 'sha256WithRSA',
    entries: entriesOf([]),
  })
  crl = assembleCrl(tbs, sign('sha256', tbs, ra.privateKey))
})

test('the list is in crls and nowhere else, as pkijs reads it', () => {
  const content = pkijs.ContentInfo.fromBER(Uint8Array.from(degenerateCrl(crl)).buffer)
  const signed = new pkijs.SignedData({ schema: content.content })
  expect(signed.certificates).toBeUndefined()
  expect(signed.signerInfos).toEqual([])
  expect(signed.encapContentInfo.eContent).toBeUndefined()
  const lists = (signed.crls ?? []).map((list) => Buffer.from(list.toSchema().toBER()))
  expect(lists).toEqual([Buffer.from(crl)])
})

test('the device opens the answer and finds the list', async () => {
  const { issuerDer: issuer, serial, spki } = identityOf(parseDer(device.der))
  const context: ReplyContext = {
    transactionId: Buffer.from('SSCEP transactionId'),
    transactionIdTag: 0x13,
    recipientNonce: NONCE,
    digest: 'sha256',
    cipher: 'aes128',
    signer: { issuerDer: issuer, serial, spki },
    ra: { certificateDer: ra.der },
    sign: async (attributes) => sign('sha256', attributes, ra.privateKey),
  }
  const reply = parseCertRep(await sealCrl(context, crl), {
    raDer: ra.der,
    privateKey: device.privateKey,
    senderNonce: NONCE,
  })
  expect(reply).toMatchObject({ pkiStatus: 'SUCCESS', certificates: [] })
  expect(reply.crls.map((each) => Buffer.from(each))).toEqual([Buffer.from(crl)])
})

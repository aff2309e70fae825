/** Another library's opinion of what we write: pkijs reads our certificates and replies as our own readers do. */
import { sign } from 'node:crypto'
import * as pkijs from 'pkijs'
import { expect, test } from 'vitest'
import { ecKey, makeIssuer, makeLeaf, makeRoot, rsaKey } from '@/e2e/fixtures/chain'
import { makeMessage, makeParties } from '@/e2e/fixtures/scep-messages'
import { type Chance, chance } from '@/e2e/fuzz/random'
import { parseCertificate } from '@/lib/pki/certificate'
import { TAG } from '@/lib/pki/der'
import type { San } from '@/lib/pki/san'
import { parseSignedAttributes } from './attributes'
import {
  type Cipher,
  parseEnvelope,
  parsePkiMessage,
  type ReplyDigest,
  sealFailure,
  sealPending,
  sealSuccess,
} from './message'
import { parseSignedData } from './signed-data'

const root = makeRoot(ecKey('P-384'), 'ecdsaWithSHA384')
const issuers = [makeIssuer(root, ecKey(), 'ecdsaWithSHA256'), makeIssuer(root, rsaKey(), 'sha256WithRSA')]
const keys = [ecKey(), ecKey('P-384'), rsaKey()]
const { ra, device } = makeParties()

const hex = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('hex')
const WORDS = [
  'tablet-7',
  'Größe',
  'a+b,c="d"',
  '#1',
  'Ω',
  '李明',
  'x'.repeat(60),
  'a  b',
  'ada@example.com',
  '\u{1f600}',
]

function randomSan(by: Chance): San {
  const label = `h${by.below(1_000)}`
  return by.one<San>([
    { type: 'dns', value: `${label}.example.com` },
    { type: 'email', value: `${label}@example.com` },
    { type: 'uri', value: `urn:x:${label}` },
    { type: 'upn', value: `${label}@example.com` },
    { type: 'ip', value: `192.0.2.${by.below(256)}` },
    { type: 'ip', value: `2001:db8::${(1 + by.below(65_535)).toString(16)}` },
  ])
}

test('certificates: serial, names, times, key, extensions, octet by octet', () => {
  const by = chance(20_261_128)
  for (let round = 0; round < 150; round++) {
    const subject = Array.from({ length: by.below(5) }, () => ({
      type: by.one(['CN', 'O', 'OU', 'L']),
      value: by.one(WORDS),
    }))
    const san = Array.from({ length: by.below(6) + (subject.length === 0 ? 1 : 0) }, () => randomSan(by))
    const { der } = makeLeaf(by.one(issuers), by.one(keys).spki, { subject, san })
    const ours = parseCertificate(der)
    const theirs = pkijs.Certificate.fromBER(Uint8Array.from(der).buffer)
    expect({
      serial: hex(theirs.serialNumber.valueBlock.valueHexView).replace(/^00/, '').toUpperCase(),
      issuer: hex(theirs.issuer.toSchema().toBER()),
      subject: hex(theirs.subject.toSchema().toBER()),
      spki: hex(theirs.subjectPublicKeyInfo.toSchema().toBER()),
      notBefore: theirs.notBefore.value,
      notAfter: theirs.notAfter.value,
      tbs: hex(theirs.tbsView),
      extensions: theirs.extensions?.map(({ extnID, critical, extnValue }) => ({
        oid: extnID,
        critical,
        value: hex(extnValue.valueBlock.valueHexView),
      })),
    }).toEqual({
      serial: ours.serial.replace(/^00/, ''),
      issuer: hex(ours.issuerDer),
      subject: hex(ours.subjectDer),
      spki: hex(ours.spki),
      notBefore: ours.notBefore,
      notAfter: ours.notAfter,
      tbs: hex(ours.tbs),
      extensions: ours.extensions.map(({ oid, critical, value }) => ({ oid, critical, value: hex(value) })),
    })
  }
})

test('replies: signer, attributes, certificate and envelope, octet by octet', async () => {
  const by = chance(20_261_129)
  const request = parsePkiMessage(makeMessage(device, ra))
  const { der: leaf } = makeLeaf(issuers[0] ?? root, ecKey().spki)
  for (let round = 0; round < 60; round++) {
    const digest = by.one<ReplyDigest>(['sha1', 'sha256', 'sha384', 'sha512'])
    const context = {
      transactionId: by.bytes(1 + by.below(255)).map((octet) => 0x41 + (octet % 26)),
      transactionIdTag: by.one([TAG.printableString, TAG.utf8String, TAG.ia5String]),
      recipientNonce: by.oneIn(5) ? null : by.bytes(by.one([1, 8, 16, 64])),
      digest,
      ra: { certificateDer: ra.der },
      sign: async (attributes: Uint8Array) => sign(digest, attributes, ra.privateKey),
      cipher: by.one<Cipher>(['aes128', 'aes192', 'aes256', '3des']),
      signer: request.signer,
    }
    const reply = await by.one([
      () => sealSuccess(context, [leaf]),
      () => sealFailure(context, 'badRequest', 'challenge rejected'),
      () => sealPending(context),
    ])()
    const ours = parseSignedData(reply)
    const theirs = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(Uint8Array.from(reply).buffer).content })
    const [mine] = ours.signers
    const [its] = theirs.signerInfos
    if (!mine?.signedAttributes || !its?.signedAttrs) throw new Error('no signer')
    const { first } = parseSignedAttributes(mine.signedAttributes)
    expect(its.signedAttrs.attributes.map(({ type, values }) => [type, hex(values[0].toBER())])).toEqual(
      [...first].map(([type, value]) => [type, hex(value.bytes)]),
    )
    expect(hex(its.signature.valueBlock.valueHexView)).toBe(hex(mine.signature))
    expect(
      theirs.certificates?.map((certificate) => hex((certificate as pkijs.Certificate).toSchema().toBER())),
    ).toEqual(ours.certificates.map(({ bytes }) => hex(bytes)))
    const content = theirs.encapContentInfo.eContent
    expect(content === undefined ? null : hex(content.getValue())).toBe(ours.content && hex(ours.content))
    if (ours.content) compareEnvelopes(ours.content)
  }
})

function compareEnvelopes(content: Uint8Array): void {
  const { recipients, ciphertext, iv } = parseEnvelope(content)
  const theirs = new pkijs.EnvelopedData({ schema: pkijs.ContentInfo.fromBER(Uint8Array.from(content).buffer).content })
  const recipient = theirs.recipientInfos[0]?.value as pkijs.KeyTransRecipientInfo
  const name = recipient.rid as pkijs.IssuerAndSerialNumber
  expect(hex(recipient.encryptedKey.valueBlock.valueHexView)).toBe(hex(recipients[0]?.encryptedKey ?? new Uint8Array()))
  expect(hex(name.issuer.toSchema().toBER())).toBe(hex(recipients[0]?.issuerDer ?? new Uint8Array()))
  expect(hex(name.serialNumber.valueBlock.valueHexView)).toBe(hex(recipients[0]?.serial ?? new Uint8Array()))
  const { contentEncryptionAlgorithm, encryptedContent } = theirs.encryptedContentInfo
  expect(hex(contentEncryptionAlgorithm.algorithmParams.valueBlock.valueHexView)).toBe(hex(iv))
  expect(hex(encryptedContent?.valueBlock.valueHexView ?? new Uint8Array())).toBe(hex(ciphertext))
}

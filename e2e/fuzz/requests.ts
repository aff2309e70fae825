/** What strangers might send: damage at every layer, each time signed and sealed anew so that the next layer is reached. */
import { constants, createCipheriv, publicEncrypt, randomBytes, sign } from 'node:crypto'
import { attribute, type MessageParts, makeMessage, type Party } from '@/e2e/fixtures/scep-messages'
import { buildCsr } from '@/lib/pki/csr'
import { parseDer, TAG } from '@/lib/pki/der'
import { bitString, context, encode, integer, nullValue, octetString, oid, sequence, setOf } from '@/lib/pki/der-write'
import { parsePublicKey } from '@/lib/pki/key'
import { OID } from '@/lib/pki/oid'
import { signatureIdentifier } from '@/lib/pki/sign'
import { DIGEST_OID } from '@/lib/scep/algorithms'
import { sealEnvelope } from '@/lib/scep/envelope'
import { contentInfo, encodeIssuerAndSerial, identityOf } from '@/lib/scep/signed-data'
import type { DeviceRequest } from '@/server/device-paths'
import { otherwiseAsked } from './askings'
import { damaged } from './bytes'
import { SAN, SUBJECT } from './names'
import { type Allowed, BUSIEST, type Minted, type Place, type Prizes } from './places'
import type { Chance } from './random'
import type { Seeds } from './seeds'
import type { Target } from './target'
import { bent, inBer, OBJECT_IDENTIFIERS } from './tree'

export interface Attempt {
  kind: string
  place: Place
  request: DeviceRequest
  may: Allowed
}

const NOTHING: Allowed = { key: null, challenge: null, mismatch: false }
const SUBJECT_PARTS = SUBJECT.split(',').map((part) => {
  const [type = '', value = ''] = part.split('=')
  return { type, value }
})

type Kind = (
  by: Chance,
  prizes: Prizes,
  slug: string,
) => { body: Uint8Array; may: Allowed; parts?: Partial<DeviceRequest> }

export function requests(seeds: Seeds, target: Pick<Target, 'raDer' | 'places'>): (by: Chance) => Attempt {
  const ra = identityOf(parseDer(target.raDer))
  const sound = (challenge: string): Uint8Array =>
    buildCsr({
      subject: SUBJECT_PARTS,
      san: [...SAN],
      ...(challenge === '' ? {} : { challengePassword: challenge }),
      privateKey: seeds.device.privateKey,
    })
  const takes = (challenge: Minted, mismatch = false): Allowed => ({ key: seeds.device.spki, challenge, mismatch })
  const sealed = (plaintext: Uint8Array, by: Chance): Uint8Array => {
    const oaep = by.one([undefined, undefined, 'sha1', 'sha256', 'sha512'] as const)
    return sealEnvelope(plaintext, oaep ? { ...ra, oaep } : ra, by.one(['aes128', 'aes192', 'aes256', '3des']))
  }
  const signed = (content: Uint8Array | null, by: Chance, more: MessageParts = {}): Uint8Array => {
    const digest = by.one(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)
    const message = makeMessage(by.one([seeds.device, seeds.device, seeds.stranger]), seeds.ra, {
      digest,
      content,
      ...more,
    })
    return by.oneIn(8) ? inBer(message) : message
  }
  const broken = (der: Uint8Array, by: Chance): Uint8Array => (by.oneIn(3) ? damaged(der, by) : bent(der, by))

  const kinds: Record<string, Kind> = {
    'octets of a captured message': (by) => ({ body: damaged(by.one(seeds.messages), by), may: NOTHING }),
    'structure of a captured message': (by) => ({ body: bent(by.one(seeds.messages), by), may: NOTHING }),
    'a sound message, damaged': (by, { live }) => ({
      body: broken(signed(sealed(sound(live.challenge), by), by), by),
      may: takes(live),
    }),
    // Now and then everything is right, so that each policy is seen to say yes.
    'a sound message': (by, { live }) => ({ body: signed(sealed(sound(live.challenge), by), by), may: takes(live) }),
    'random signed attributes': (by, { live }) => ({
      body: signed(sealed(sound(live.challenge), by), by, randomAttributes(by)),
      may: takes(live),
    }),
    'odd parts of SignedData': (by, { live }) => ({
      body: signed(sealed(sound(live.challenge), by), by, oddParts(by, seeds)),
      may: takes(live),
    }),
    'an envelope, damaged': (by, { live }) => ({
      body: signed(broken(by.oneIn(2) ? by.one(seeds.envelopes) : sealed(sound(live.challenge), by), by), by),
      may: takes(live),
    }),
    'an envelope with a wrong key': (by, { live }) => ({
      body: signed(wrongKey(sound(live.challenge), ra, by), by),
      may: NOTHING,
    }),
    // Its signature covers the rest: what still opens is the sound request, written in BER perhaps.
    'a CSR, damaged': (by, { live }) => ({
      body: signed(sealed(broken(by.oneIn(3) ? by.one(seeds.csrs) : sound(live.challenge), by), by), by),
      may: takes(live),
    }),
    'a CSR, changed and signed by its own key': (by, { loose }) => ({
      body: signed(
        sealed(signedAnew(by.oneIn(3) ? by.one(seeds.csrs) : sound(loose.challenge), seeds.device, by), by),
        by,
      ),
      may: takes(loose, true),
    }),
    'a sound CSR that asks for something else': (by, { loose }) => ({
      body: signed(sealed(otherwiseAsked(by, SUBJECT_PARTS, loose.challenge, seeds.device), by), by),
      may: takes(loose, true),
    }),
    'no CSR at all': (by) => ({ body: signed(sealed(otherPlaintext(by, seeds), by), by), may: NOTHING }),
    'a signer certificate, damaged': (by, { live }) => ({
      body: signed(sealed(sound(live.challenge), by), by, oddSigner(by, seeds)),
      may: takes(live),
    }),
    'HTTP itself': (by, { live }, slug) => {
      const body = signed(sealed(sound(live.challenge), by), by)
      return { body, may: takes(live), parts: oddHttp(body, slug, by) }
    },
  }
  const names = Object.keys(kinds)

  return (by) => {
    const place = by.one(target.places)
    const { slug, prizes } = place
    const kind = by.one(names)
    const { body, may, parts } = (kinds[kind] as Kind)(by, prizes, slug)
    const request = by.oneIn(6) ? byGet(body, slug) : byPost(body, slug)
    return {
      kind,
      place,
      may,
      request: { ...request, ip: by.oneIn(4) ? `192.0.2.${by.below(256)}` : BUSIEST, ...parts },
    }
  }
}

const HEADERS: DeviceRequest['headers'] = { get: () => null }

function byPost(body: Uint8Array, slug: string): DeviceRequest {
  return { method: 'POST', path: `/scep/${slug}`, query: 'operation=PKIOperation', headers: HEADERS, body, ip: null }
}

function byGet(body: Uint8Array, slug: string): DeviceRequest {
  const message = encodeURIComponent(Buffer.from(body).toString('base64'))
  const query = `operation=PKIOperation&message=${message}`
  return { method: 'GET', path: `/scep/${slug}`, query, headers: HEADERS, body: new Uint8Array(), ip: null }
}

const ATTRIBUTES = [
  ...[OID.contentType, OID.messageDigest, OID.signingTime, OID.messageType, OID.transactionId, OID.senderNonce],
  ...[OID.recipientNonce, OID.pkiStatus, OID.failInfo, OID.failInfoText, '1.2.840.113549.1.9.25.3', '2.5.4.3'],
]

function randomAttributes(by: Chance): MessageParts {
  const extra = Array.from({ length: by.below(4) }, () =>
    attribute(by.one(ATTRIBUTES), ...Array.from({ length: by.one([0, 1, 1, 1, 2, 60]) }, () => randomValue(by, 0))),
  )
  const instead = (type: string): Uint8Array | null =>
    by.oneIn(4)
      ? null
      : attribute(type, ...Array.from({ length: by.one([1, 1, 1, 1, 0, 2]) }, () => randomValue(by, 0)))
  const attributes = {
    ...(by.oneIn(2) ? { messageType: messageType(by) } : {}),
    ...(by.oneIn(3) ? { transactionId: instead(OID.transactionId) } : {}),
    ...(by.oneIn(4) ? { senderNonce: instead(OID.senderNonce) } : {}),
    ...(by.oneIn(8) ? { contentType: instead(OID.contentType) } : {}),
    ...(by.oneIn(8) ? { messageDigest: instead(OID.messageDigest) } : {}),
  }
  const order = by.one([undefined, (all: Uint8Array[]) => all.toReversed(), (all: Uint8Array[]) => [...all, ...all]])
  return { attributes, extra, ...(order ? { writeOrder: order } : {}) }
}

function messageType(by: Chance): Uint8Array {
  const text = by.one([
    String(by.below(256)),
    String(by.below(10_000)),
    '',
    '-1',
    '19 ',
    '019',
    '0x13',
    '1\u0000',
    '١٩',
  ])
  const tag = by.one([
    TAG.printableString,
    TAG.printableString,
    TAG.utf8String,
    TAG.ia5String,
    TAG.integer,
    TAG.bmpString,
  ])
  return attribute(OID.messageType, tag === TAG.integer ? integer(by.below(70_000)) : encode(tag, Buffer.from(text)))
}

const VALUE_TAGS = [
  ...[TAG.boolean, TAG.integer, TAG.bitString, TAG.octetString, TAG.null, TAG.oid, TAG.enumerated, TAG.utf8String],
  ...[
    TAG.printableString,
    TAG.teletexString,
    TAG.ia5String,
    TAG.utcTime,
    TAG.generalizedTime,
    TAG.bmpString,
    0x80,
    0x1c,
  ],
]

function randomValue(by: Chance, depth: number): Uint8Array {
  if (depth < 6 && by.oneIn(4)) {
    const parts = Array.from({ length: by.below(5) }, () => randomValue(by, depth + 1))
    return encode(by.one([TAG.sequence, TAG.set, 0xa0, 0xa3]), ...parts)
  }
  const content = by.one([
    by.bytes(by.below(40)),
    by.bytes(by.one([0, 1, 16, 63, 64, 65, 255, 256])),
    by.one(OBJECT_IDENTIFIERS),
  ])
  return encode(by.one(VALUE_TAGS), content)
}

function oddParts(by: Chance, { device, stranger, proxy }: Seeds): MessageParts {
  const algorithm = (): Uint8Array => {
    const parameters = by.one([nullValue(), new Uint8Array(), sequence(), randomValue(by, 0)])
    return sequence(encode(TAG.oid, by.one(OBJECT_IDENTIFIERS)), parameters)
  }
  const own = identityOf(parseDer(device.der))
  return by.one<MessageParts>([
    { digestAlgorithm: algorithm() },
    { signatureAlgorithm: algorithm() },
    { digestAlgorithm: algorithm(), signatureAlgorithm: algorithm() },
    { sign: (data) => damaged(sign('sha256', data, device.privateKey), by) },
    { sign: () => by.bytes(by.one([0, 1, 255, 256, 257, 512])) },
    { signers: (signer) => by.one([[], [signer, signer], Array(by.one([3, 9, 600])).fill(signer)]) },
    {
      certificates: by.one([
        [],
        [stranger.der],
        [stranger.der, device.der],
        Array(by.one([15, 16, 17, 90])).fill(device.der),
      ]),
    },
    { certificates: [device.der, context(1, device.der), encode(0xa3, device.der)] },
    { sid: encodeIssuerAndSerial({ ...own, serial: by.bytes(by.one([1, 8, 20, 32, 400])) }) },
    { sid: encode(0x80, by.bytes(by.one([0, 1, 20, 64]))) },
    { sid: randomValue(by, 0) },
    { contentType: by.one([OID.signedData, OID.envelopedData, '1.2.3']) },
    { writeOrder: (all) => all.toReversed(), signOrder: (all) => all },
    { certificates: [proxy.der, device.der], sign: (data) => sign('sha256', data, proxy.privateKey) },
  ])
}

/** A certificate that the signer identifier still names, though the rest of it is odd. */
function oddSigner(by: Chance, { device }: Seeds): MessageParts {
  const der = by.oneIn(2) ? bent(device.der, by) : damaged(device.der, by)
  const modulus = by.one([63, 64, 128, 255, 1_025, 4_000])
  const key = sequence(
    encode(TAG.integer, Buffer.concat([Buffer.of(0x7f), by.bytes(modulus)])),
    integer(by.one([1, 3, 65_537, 2 ** 40])),
  )
  const spki = sequence(sequence(oid(OID.rsaEncryption), nullValue()), bitString(key))
  const own = identityOf(parseDer(device.der))
  const name = own.subjectDer
  const validity = sequence(
    encode(TAG.utcTime, Buffer.from('260101000000Z')),
    encode(TAG.utcTime, Buffer.from('260102000000Z')),
  )
  const algorithm = sequence(oid(OID.sha256WithRSA), nullValue())
  const tbs = sequence(
    context(0, integer(2)),
    encode(TAG.integer, own.serial),
    algorithm,
    own.issuerDer,
    validity,
    name,
    spki,
  )
  const forged = sequence(tbs, algorithm, bitString(by.bytes(256)))
  return { certificates: by.one([[der], [der, device.der], [forged]]) }
}

/** Sealed so that it does not open, or opens to something else. */
function wrongKey(
  plaintext: Uint8Array,
  ra: { issuerDer: Uint8Array; serial: Uint8Array; spki: Uint8Array },
  by: Chance,
) {
  const { key: publicKey } = parsePublicKey(ra.spki)
  const [contentKey, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-128-cbc', contentKey, iv)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const v15 = (bytes: Uint8Array) => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, bytes)
  const raw = Buffer.concat([Buffer.of(0), by.bytes(255)])
  const encryptedKey = by.one([
    () => by.bytes(by.one([0, 1, 255, 256, 257, 1_024])),
    () => Buffer.alloc(256, by.one([0, 0xff])),
    () => v15(by.bytes(by.one([0, 1, 15, 17, 24, 32, 245]))),
    () => publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, raw),
    () => otherThan(v15(contentKey), by),
  ])()
  const transport = by.one([
    sequence(oid(OID.rsaEncryption), nullValue()),
    sequence(oid(OID.rsaesOaep), sequence()),
    sequence(oid(OID.rsaesOaep), sequence(context(0, sequence(oid(DIGEST_OID.sha512))))),
  ])
  const whole = sequence(integer(0), encodeIssuerAndSerial(ra), transport, octetString(encryptedKey))
  const content = sequence(oid(OID.data), sequence(oid(OID.aes128Cbc), octetString(iv)), encode(0x80, ciphertext))
  const recipients = by.one([[whole], [whole, whole], Array(by.one([8, 9, 300])).fill(whole)])
  return contentInfo(OID.envelopedData, sequence(integer(0), setOf(recipients), content))
}

/** Damage may hit nothing, and a key that is left whole opens what is sealed. */
function otherThan(bytes: Uint8Array, by: Chance): Uint8Array {
  const other = damaged(bytes, by)
  return other.equals(bytes) ? otherThan(bytes, by) : other
}

/** The part of a CSR that is signed, bent, and signed by the key that is in it or was. */
function signedAnew(csr: Uint8Array, { privateKey }: Party, by: Chance): Uint8Array {
  const info = parseDer(csr).open().next().bytes
  const changed = by.oneIn(4) ? damaged(info, by) : bent(info, by)
  const digest = by.one(['sha256', 'sha512'] as const)
  return sequence(changed, signatureIdentifier(privateKey, digest), bitString(sign(digest, changed, privateKey)))
}

function otherPlaintext(by: Chance, { device, csrs, messages }: Seeds): Uint8Array {
  return by.one([
    () => by.bytes(by.below(300)),
    () => randomValue(by, 0),
    () => sequence(identityOf(parseDer(device.der)).issuerDer, identityOf(parseDer(device.der)).subjectDer),
    () => encodeIssuerAndSerial(identityOf(parseDer(device.der))),
    () => Buffer.alloc(by.below(60_000), 0x30),
    () => by.one(messages),
    () => Buffer.concat([by.one(csrs), by.one(csrs)]),
    () => device.der,
  ])()
}

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'get', '', 'PROPFIND']
const QUERIES = [
  '',
  'operation=',
  'operation=PKIOperation',
  'OPERATION=pkioperation',
  'operation=GetCACert&message=%00',
]

function oddHttp(body: Uint8Array, slug: string, by: Chance): Partial<DeviceRequest> {
  const path = by.one([
    `/scep/${slug}`,
    `/scep/${slug}/pkiclient.exe`,
    '/certsrv/mscep/mscep.dll',
    '/cgi-bin/pkiclient.exe',
  ])
  const query = by.one([...QUERIES, `operation=PKIOperation&message=${Buffer.from(body).toString('base64url')}`])
  const odd = (text: string): string => (by.oneIn(2) ? text : damaged(Buffer.from(text), by).toString('latin1'))
  const encoding = by.one([null, null, 'identity', 'gzip', 'br, gzip', '\u0000'])
  const userAgent = by.one([null, 'x'.repeat(5_000), '\u0000\ud800\u202e', by.bytes(30).toString('latin1')])
  const named: Record<string, string | null> = { 'content-encoding': encoding, 'user-agent': userAgent }
  return {
    method: by.one(METHODS),
    path: odd(path),
    query: odd(query),
    headers: { get: (name) => named[name] ?? null },
    ip: by.one([null, '2001:db8::1', '::ffff:192.0.2.1', 'unknown', '']),
  }
}

/** The registration authority's key: opens envelopes without an oracle, and signs the attributes of replies alone. */
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  randomUUID,
  verify,
} from 'node:crypto'
import { CompactEncrypt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TAG } from '@/lib/pki/der'
import { encode, oid, sequence } from '@/lib/pki/der-write'
import { OID } from '@/lib/pki/oid'
import type { ScepDigest } from '@/lib/services/signer'
import { Kek } from './envelope'
import { importKey } from './key-ring'
import { findKey } from './key-rows'
import {
  insertLeaf,
  makeOrganisation,
  type Organisation,
  type SignerUnderTest,
  startSigner,
} from './testing/organisation'

let it: SignerUnderTest
let organisation: Organisation
beforeAll(async () => {
  it = await startSigner()
  organisation = await makeOrganisation(it)
})
afterAll(() => it.end())

const publicKey = () => createPublicKey({ key: Buffer.from(organisation.ra.spki), format: 'der', type: 'spki' })
const pkcs1 = (message: Uint8Array) =>
  publicEncrypt({ key: publicKey(), padding: constants.RSA_PKCS1_PADDING }, message)
const decrypt = (message: Uint8Array, oaep?: ScepDigest) => it.signer.decryptScep(organisation.ra.keyId, message, oaep)

function flipped(message: Buffer, bit: number): Buffer {
  const changed = Buffer.from(message)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (0x80 >> (bit & 7)), bit >> 3)
  return changed
}

describe('decryptScep', () => {
  test.each([16, 24, 32])('opens a content key of %i bytes, PKCS#1 v1.5', async (length) => {
    const contentKey = randomBytes(length)
    expect(Buffer.from(await decrypt(pkcs1(contentKey)))).toEqual(contentKey)
  })

  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('opens OAEP with %s', async (oaepHash) => {
    const contentKey = randomBytes(32)
    const message = publicEncrypt({ key: publicKey(), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, contentKey)
    expect(Buffer.from(await decrypt(message, oaepHash))).toEqual(contentKey)
  })

  test('answers tampered messages with bytes, the same each time, that are not the key', async () => {
    const contentKey = randomBytes(32)
    const message = pkcs1(contentKey)
    for (let bit = 1; bit < 2048; bit += 41) {
      const answer = Buffer.from(await decrypt(flipped(message, bit)))
      expect(answer).not.toEqual(contentKey)
      expect(Buffer.from(await decrypt(flipped(message, bit)))).toEqual(answer)
    }
  })

  test('answers a tampered OAEP message with 32 bytes, the same each time', async () => {
    const message = flipped(
      publicEncrypt(
        { key: publicKey(), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
        randomBytes(32),
      ),
      500,
    )
    const answer = await decrypt(message, 'sha256')
    expect(answer).toHaveLength(32)
    expect(await decrypt(message, 'sha256')).toEqual(answer)
    expect(await decrypt(flipped(message, 501), 'sha256')).not.toEqual(answer)
  })

  test.each([
    ['an empty message', Buffer.alloc(0)],
    ['one byte less than the modulus', Buffer.alloc(255, 7)],
    ['one byte more', Buffer.alloc(257, 7)],
    ['a number above the modulus', Buffer.alloc(256, 0xff)],
    ['zero', Buffer.alloc(256)],
  ])('answers %s with bytes too', async (_what, message) => {
    const answer = await decrypt(message)
    expect(answer).toBeInstanceOf(Uint8Array)
    expect(await decrypt(message)).toEqual(answer)
  })

  test('refuses keys of other purposes', async () => {
    const refusal = { code: 'policy_refused', reason: 'key_purpose' }
    await expect(it.signer.decryptScep(organisation.issuer.keyId, Buffer.alloc(256))).rejects.toMatchObject(refusal)
    await expect(it.signer.decryptScep(organisation.root.keyId, Buffer.alloc(256))).rejects.toMatchObject(refusal)
  })
})

describe('signScepReply', () => {
  const printable = (text: string) => encode(TAG.printableString, Buffer.from(text))
  const attribute = (type: string, ...values: Uint8Array[]) =>
    sequence(oid(type), encode(TAG.set, Buffer.concat(values)))
  const contentType = attribute(OID.contentType, oid(OID.data))
  const messageDigest = attribute(OID.messageDigest, encode(TAG.octetString, Buffer.alloc(32)))
  const messageType = (value: Uint8Array) => attribute(OID.messageType, value)
  const set = (...attributes: Uint8Array[]) => encode(TAG.set, Buffer.concat(attributes))
  const certRep = () => set(contentType, messageDigest, messageType(printable('3')))

  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)(
    'signs the attributes of a CertRep with %s',
    async (digest) => {
      const signature = await it.signer.signScepReply(organisation.ra.keyId, digest, certRep())
      expect(verify(digest, certRep(), publicKey(), signature)).toBe(true)
    },
  )

  test.each<[string, () => Uint8Array]>([
    ['nothing', () => Buffer.alloc(0)],
    ['an empty set', () => set()],
    [
      'a SEQUENCE of the same',
      () => encode(TAG.sequence, Buffer.concat([contentType, messageDigest, messageType(printable('3'))])),
    ],
    ["a request's attributes", () => set(contentType, messageDigest, messageType(printable('19')))],
    ['no messageType', () => set(contentType, messageDigest)],
    [
      'two messageTypes',
      () => set(contentType, messageDigest, messageType(printable('3')), messageType(printable('3'))),
    ],
    [
      'a messageType of two values',
      () => set(contentType, messageDigest, attribute(OID.messageType, printable('3'), printable('3'))),
    ],
    [
      'a messageType of another string type',
      () => set(contentType, messageDigest, messageType(encode(TAG.octetString, Buffer.from('3')))),
    ],
    ['no messageDigest', () => set(contentType, messageType(printable('3')))],
    ['bytes after the end', () => Buffer.concat([certRep(), Buffer.alloc(1)])],
    ['noise', () => randomBytes(100)],
  ])('refuses %s', async (_what, bytes) => {
    const refusal = { code: 'policy_refused', reason: 'not_a_cert_rep' }
    await expect(it.signer.signScepReply(organisation.ra.keyId, 'sha256', bytes())).rejects.toMatchObject(refusal)
  })

  test('refuses a to-be-signed certificate', async () => {
    const { rows } = await it.pool.query('select tbs from certificate where id = $1', [
      await insertLeaf(it, organisation),
    ])
    await expect(it.signer.signScepReply(organisation.ra.keyId, 'sha256', rows[0].tbs)).rejects.toMatchObject({
      reason: 'not_a_cert_rep',
    })
  })

  test('refuses keys of other purposes', async () => {
    const refusal = { reason: 'key_purpose' }
    await expect(it.signer.signScepReply(organisation.issuer.keyId, 'sha256', certRep())).rejects.toMatchObject(refusal)
  })
})

describe('keys', () => {
  test('publicKey says what a key is', async () => {
    const { keyId, spki } = organisation.ra
    expect(await it.signer.publicKey(keyId)).toEqual({ spki, algorithm: 'rsa2048', purpose: 'ra' })
    await expect(it.signer.publicKey(randomUUID())).rejects.toMatchObject({ code: 'not_found' })
  })

  test.each([
    ['root', 'rsa2048'],
    ['issuer', 'rsa2048'],
    ['ra', 'p256'],
  ] as const)('a %s key is not made with %s', async (purpose, algorithm) => {
    const refusal = { code: 'policy_refused', reason: 'key_algorithm' }
    await expect(it.signer.generateKey({ purpose, algorithm, ownerId: randomUUID() })).rejects.toMatchObject(refusal)
  })

  test('keys that were swapped in the database do not open', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => it.signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })),
    )
    await it.pool.query(
      `update key a set wrapped_dek = b.wrapped_dek, ciphertext = b.ciphertext from key b
       where a.id in ($1, $2) and b.id in ($1, $2) and a.id <> b.id`,
      [one?.keyId, two?.keyId],
    )
    await it.restart()
    for (const made of [one, two]) {
      await expect(it.signer.publicKey(made?.keyId ?? '')).rejects.toMatchObject({
        code: 'unavailable',
        reason: 'key_unusable',
      })
    }
    expect(it.log.filter(({ event }) => event === 'key.use_failed').length).toBeGreaterThanOrEqual(2)
  })

  test('what is stored opens with the KEK, and only the private key is in it', async () => {
    const row = await findKey(it.pool, organisation.ra.keyId)
    if (row === null) throw new Error('no row')
    expect(importKey(row, Kek.take(Buffer.from(it.kekBytes))).spki).toEqual(Buffer.from(organisation.ra.spki))
  })
})

describe('mac', () => {
  test('is the same for the same purpose, and another for another', async () => {
    const data = randomBytes(40)
    const macs = await Promise.all(
      (['challenge', 'fingerprint', 'pepper', 'session'] as const).map((purpose) => it.signer.mac(purpose, data)),
    )
    expect(new Set(macs.map((mac) => Buffer.from(mac).toString('hex'))).size).toBe(4)
    expect(macs[0]).toHaveLength(32)
    await it.restart()
    expect(await it.signer.mac('challenge', data)).toEqual(macs[0])
  })
})

describe('seal and open', () => {
  const rowId = randomUUID()
  const secret = Buffer.from('a webhook secret')

  test('what is sealed opens for its purpose and its row, also after a restart', async () => {
    const sealed = await it.signer.seal('validator', rowId, secret)
    expect(Buffer.from(sealed).includes(secret)).toBe(false)
    await it.restart()
    expect(Buffer.from(await it.signer.open('validator', rowId, sealed))).toEqual(secret)
  })

  test('for another purpose or row, or with a bit changed, it does not open', async () => {
    const sealed = Buffer.from(await it.signer.seal('validator', rowId, secret))
    const unusable = { code: 'invalid_input', reason: 'sealed_unusable' }
    await expect(it.signer.open('receiver', rowId, sealed)).rejects.toMatchObject(unusable)
    await expect(it.signer.open('validator', randomUUID(), sealed)).rejects.toMatchObject(unusable)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      await expect(it.signer.open('validator', rowId, changed)).rejects.toMatchObject(unusable)
    }
    await expect(it.signer.open('validator', rowId, sealed.subarray(0, 20))).rejects.toMatchObject(unusable)
  })

  test('no two sealings are alike, and nothing empty or large is sealed', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => it.signer.seal('receiver', rowId, secret)))
    expect(one).not.toEqual(two)
    for (const size of [0, 4_097])
      await expect(it.signer.seal('receiver', rowId, Buffer.alloc(size))).rejects.toMatchObject({ reason: 'seal_size' })
  })
})

describe('challenges', () => {
  test('are sealed and opened over the socket, and handles come newest first', async () => {
    const sealed = { endpointId: randomUUID(), challengeId: randomUUID(), constraintsSha256: randomBytes(32) }
    const bytes = await it.signer.sealChallenge(sealed, 3_600)
    expect(bytes).toHaveLength(88)
    expect(await it.signer.openSealedChallenge(sealed.endpointId, bytes)).toEqual(sealed)
    expect(await it.signer.openSealedChallenge(randomUUID(), bytes)).toBeNull()
    const handles = await it.signer.challengeHandles(Buffer.from('x'))
    expect(handles[0]).toEqual(await it.signer.mac('challenge', Buffer.from('x')))
  })

  test('a token opens with a key of that purpose alone, and that key does nothing else', async () => {
    const { keyId, spki } = await it.signer.generateKey({
      purpose: 'challenge',
      algorithm: 'p256',
      ownerId: randomUUID(),
    })
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const header = { alg: 'ECDH-ES', enc: 'A256GCM' }
    const token = Buffer.from(
      await new CompactEncrypt(Buffer.from('inside')).setProtectedHeader(header).encrypt(publicKey),
    )
    expect(Buffer.from((await it.signer.openToken(keyId, token)) ?? [])).toEqual(Buffer.from('inside'))
    expect(await it.signer.openToken(keyId, Buffer.from('a.b.c.d.e'))).toBeNull()
    await expect(it.signer.openToken(organisation.ra.keyId, token)).rejects.toMatchObject({ code: 'policy_refused' })
    await expect(it.signer.signScepReply(keyId, 'sha256', Buffer.alloc(1))).rejects.toMatchObject({
      code: 'policy_refused',
    })
    await expect(it.signer.decryptScep(keyId, Buffer.alloc(256))).rejects.toMatchObject({ code: 'policy_refused' })
    await expect(
      it.signer.generateKey({ purpose: 'challenge', algorithm: 'rsa2048', ownerId: randomUUID() }),
    ).rejects.toMatchObject({ code: 'policy_refused' })
  })

  test('a token opens with an RSA key of that purpose too, and the key decrypts nothing else', async () => {
    const ownerId = randomUUID()
    const { keyId, spki } = await it.signer.generateKey({ purpose: 'challenge', algorithm: 'rsa3072', ownerId })
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const sealed = async (header: { alg: string; enc: string }, key = publicKey) =>
      Buffer.from(await new CompactEncrypt(Buffer.from('inside')).setProtectedHeader(header).encrypt(key))
    const token = await sealed({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    expect(Buffer.from((await it.signer.openToken(keyId, token)) ?? [])).toEqual(Buffer.from('inside'))

    const [header = '', , ...rest] = token.toString().split('.')
    const wrapped = (bytes: Buffer) => Buffer.from([header, bytes.toString('base64url'), ...rest].join('.'))
    const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    for (const wrong of [
      await sealed({ alg: 'RSA-OAEP', enc: 'A256GCM' }),
      await sealed({ alg: 'RSA-OAEP-512', enc: 'A256GCM' }),
      await sealed({ alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' }),
      await sealed({ alg: 'ECDH-ES', enc: 'A256GCM' }, ec),
      wrapped(publicEncrypt(oaep, randomBytes(32))),
      wrapped(publicEncrypt(oaep, randomBytes(31))),
      wrapped(randomBytes(384)),
      wrapped(Buffer.alloc(384, 255)),
      wrapped(Buffer.alloc(1)),
    ])
      expect(await it.signer.openToken(keyId, wrong)).toBeNull()

    const refused = { code: 'policy_refused' }
    await expect(it.signer.decryptScep(keyId, Buffer.alloc(384))).rejects.toMatchObject(refused)
    await expect(it.signer.decryptScep(keyId, Buffer.alloc(384), 'sha256')).rejects.toMatchObject(refused)
    await expect(it.signer.signScepReply(keyId, 'sha256', Buffer.alloc(1))).rejects.toMatchObject(refused)
  })

  test.each([
    ['another key wrapping', { alg: 'ECDH-ES+A256KW', enc: 'A256GCM' }],
    ['another cipher', { alg: 'ECDH-ES', enc: 'A128GCM' }],
    ['a compressed body', { alg: 'ECDH-ES', enc: 'A256GCM', zip: 'DEF' }],
    ['a header it does not know', { alg: 'ECDH-ES', enc: 'A256GCM', jku: 'https://example.com/keys' }],
  ])('a token with %s does not open', async (_, header) => {
    const { keyId, spki } = await it.signer.generateKey({
      purpose: 'challenge',
      algorithm: 'p256',
      ownerId: randomUUID(),
    })
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const token = await new CompactEncrypt(Buffer.from('inside')).setProtectedHeader(header).encrypt(publicKey)
    expect(await it.signer.openToken(keyId, Buffer.from(token))).toBeNull()
  })
})

test('status says that it is ready, and never shows a secret', async () => {
  const status = await it.signer.status()
  expect(status).toEqual({
    ready: true,
    kekId: Kek.take(Buffer.from(it.kekBytes)).id,
    keysLoaded: expect.any(Number),
    uptimeSeconds: expect.any(Number),
  })
})

test('a key is used no more often than its ceiling allows', async () => {
  await it.restart({ signaturesPerSecond: 5 })
  const calls = await Promise.allSettled(Array.from({ length: 20 }, () => decrypt(Buffer.alloc(256, 1))))
  const refused = calls.filter((call) => call.status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(10)
  expect(refused[0]).toMatchObject({ reason: { code: 'rate_limited', retryAfterSeconds: 1 } })
  await it.restart()
})

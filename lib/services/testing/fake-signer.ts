/** A signer for tests: throw-away keys, real cryptography, no process, no checks of what it signs. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import { openPkcs12 } from '@/lib/adapters/keys/authority-keys'
import { challengeKeys } from '@/lib/adapters/keys/challenge-keys'
import { Kek } from '@/lib/adapters/keys/envelope'
import { openCompactToken } from '@/lib/adapters/keys/token'
import { Refusal } from '@/lib/errors'
import { assembleRequest, buildAuthorityRequestInfo } from '@/lib/pki/authority-request'
import { assembleCertificate, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { contentAttributes, profileAttributes } from '@/lib/pki/signed-attributes'
import type { KeyAlgorithm, KeyPurpose, Signer } from '@/lib/services/signer'

/** What the real signer reads from its own database connection. */
export interface SignerRecords {
  /** The key that signs this intent and its bytes; null when it is not an intent. */
  intent(certificateId: string): Promise<{ keyId: string; tbs: Uint8Array } | null>
  authorityKey(authorityId: string): Promise<string>
}

export interface FakeSigner extends Signer {
  privateKey(keyId: string): KeyObject
  /** Every call that used a key, in order. */
  readonly used: string[]
  /** Makes every later call fail as an unreachable signer does, until it is switched off again. */
  away: boolean
}

interface FakeKey {
  privateKey: KeyObject
  spki: Uint8Array
  algorithm: KeyAlgorithm
  purpose: KeyPurpose
  ownerId: string
}

const generate = promisify(generateKeyPair)
const SEALING_KEY = createHash('sha256').update('test sealing').digest()
const POOL = new Map<KeyAlgorithm, ReturnType<typeof makeKey>[]>()

/** The first key of this algorithm that any later signer makes: for messages that were encrypted long ago. */
export function primeKey(algorithm: KeyAlgorithm, privateKey: KeyObject): void {
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
  POOL.set(algorithm, [Promise.resolve({ privateKey, spki })])
}

export function fakeSigner(records: SignerRecords, clock: () => Date = () => new Date()): FakeSigner {
  const challenges = challengeKeys(Kek.take(Buffer.alloc(32, 7)), clock)
  const keys = new Map<string, FakeKey>()
  const taken = new Map<KeyAlgorithm, number>()
  /** Keys that were taken offline. */
  const away = new Map<string, true>()
  /** Distinct within one signer, shared between signers: making RSA keys is what these tests would spend their time on. */
  const nextKey = (algorithm: KeyAlgorithm) => {
    const index = taken.get(algorithm) ?? 0
    taken.set(algorithm, index + 1)
    const pool = POOL.get(algorithm) ?? []
    POOL.set(algorithm, pool)
    pool[index] ??= makeKey(algorithm)
    return pool[index]
  }
  const key = (keyId: string): FakeKey => {
    const found = keys.get(keyId)
    if (found === undefined || away.has(keyId)) throw new Error(`no key ${keyId}`)
    return found
  }
  const use = (call: string) => {
    if (signer.away) throw new Refusal('unavailable', 'The signer cannot be reached.', { reason: 'signer_unreachable' })
    signer.used.push(call)
  }

  const signer: FakeSigner = {
    away: false,
    used: [],
    privateKey: (keyId) => key(keyId).privateKey,
    async generateKey({ purpose, algorithm, ownerId }) {
      use('generateKey')
      const keyId = crypto.randomUUID()
      const made = await nextKey(algorithm)
      keys.set(keyId, { ...made, algorithm, purpose, ownerId })
      return { keyId, spki: made.spki }
    },
    async publicKey(keyId) {
      const { spki, algorithm, purpose } = key(keyId)
      return { spki, algorithm, purpose }
    },
    async signCertificate(certificateId) {
      use('signCertificate')
      const intent = await records.intent(certificateId)
      if (intent === null) throw new Refusal('conflict', 'Not an intent.', { reason: 'not_an_intent' })
      return assembleCertificate(intent.tbs, signature(key(intent.keyId), intent.tbs))
    },
    async signCrl(authorityId, tbs) {
      use('signCrl')
      return signature(key(await records.authorityKey(authorityId)), tbs)
    },
    async signScepReply(keyId, digest, signedAttributes) {
      use('signScepReply')
      return new Uint8Array(sign(digest, signedAttributes, key(keyId).privateKey))
    },
    async signScepNextCertificates(keyId, certificates) {
      use('signScepNextCertificates')
      return new Uint8Array(sign('sha256', contentAttributes(certificates), key(keyId).privateKey))
    },
    async decryptScep(keyId, encryptedKey, oaep) {
      use('decryptScep')
      const padding = oaep === undefined ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_OAEP_PADDING
      const options = { key: key(keyId).privateKey, padding, ...(oaep === undefined ? {} : { oaepHash: oaep }) }
      return new Uint8Array(privateDecrypt(options, encryptedKey))
    },
    async signOcspResponse(keyId, tbs) {
      use('signOcspResponse')
      return new Uint8Array(sign('sha256', tbs, key(keyId).privateKey))
    },
    async signProfile(keyId, signedAt, propertyList) {
      use('signProfile')
      return new Uint8Array(sign('sha256', profileAttributes(propertyList, signedAt), key(keyId).privateKey))
    },
    async signClientAssertion(keyId, input) {
      use('signClientAssertion')
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      return new Uint8Array(sign('sha256', input, { key: key(keyId).privateKey, ...pss }))
    },
    async signOwnCertificate(keyId, tbs) {
      use('signOwnCertificate')
      return assembleCertificate(tbs, signature(key(keyId), tbs))
    },
    async mac(purpose, data) {
      use('mac')
      if (purpose === 'challenge') return new Uint8Array(challenges.mac(data))
      return new Uint8Array(createHmac('sha256', `test ${purpose}`).update(data).digest())
    },
    async seal(purpose, rowId, plaintext) {
      use('seal')
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', SEALING_KEY, nonce).setAAD(Buffer.from(`${purpose} ${rowId}`))
      return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    },
    async open(purpose, rowId, sealed) {
      use('open')
      try {
        const decipher = createDecipheriv('aes-256-gcm', SEALING_KEY, sealed.subarray(0, 12))
        decipher.setAAD(Buffer.from(`${purpose} ${rowId}`)).setAuthTag(sealed.subarray(-16))
        return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
      } catch {
        throw new Refusal('invalid_input', 'It does not open.', { reason: 'sealed_unusable' })
      }
    },
    async challengeHandles(data) {
      use('challengeHandles')
      return challenges.handles(data).map((handle) => new Uint8Array(handle))
    },
    async sealChallenge(challenge, ttlSeconds) {
      use('sealChallenge')
      return new Uint8Array(challenges.seal(challenge, ttlSeconds))
    },
    async openSealedChallenge(endpointId, sealed) {
      use('openSealedChallenge')
      return challenges.open(endpointId, sealed)
    },
    async openToken(keyId, token) {
      use('openToken')
      return openCompactToken(token, key(keyId).privateKey)
    },
    async readPkcs12({ file, password }) {
      use('readPkcs12')
      const { algorithm, certificates } = await openPkcs12(file, password)
      return { algorithm, certificates }
    },
    async importKey({ purpose, ownerId }, { file, password }) {
      use('importKey')
      const { algorithm, pkcs8 } = await openPkcs12(file, password)
      const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
      const keyId = crypto.randomUUID()
      keys.set(keyId, { privateKey, spki, algorithm, purpose, ownerId })
      return { keyId, spki }
    },
    async signAuthorityRequest(keyId, subjectDer) {
      use('signAuthorityRequest')
      const made = key(keyId)
      const info = buildAuthorityRequestInfo({ subjectDer, spki: made.spki })
      return assembleRequest(info, signatureAlgorithmFor(made.algorithm), signature(made, info))
    },
    /** Seals nothing: the key's name, by which it is known again. */
    async sealedKey(keyId) {
      use('sealedKey')
      return Buffer.from(`sealed ${keyId} ${key(keyId).ownerId}`)
    },
    checkSealedKey: async (sealed) => sealedKeyIn(sealed),
    async dropKey(sealed) {
      use('dropKey')
      away.set(sealedKeyIn(sealed).keyId, true)
    },
    async restoreKey(sealed) {
      use('restoreKey')
      const found = sealedKeyIn(sealed)
      away.delete(found.keyId)
      return found
    },
    async status() {
      return { ready: !signer.away, kekId: 'test', keysLoaded: keys.size, uptimeSeconds: 0 }
    },
  }
  return signer
}

function sealedKeyIn(sealed: Uint8Array): { keyId: string; ownerId: string } {
  const [word, keyId, ownerId] = Buffer.from(sealed).toString().split(' ')
  if (word !== 'sealed' || !keyId || !ownerId)
    throw new Refusal('invalid_input', 'This is not the sealed key.', { reason: 'not_a_sealed_key' })
  return { keyId, ownerId }
}

function signature({ privateKey, algorithm }: FakeKey, tbs: Uint8Array): Uint8Array {
  return new Uint8Array(sign(algorithm === 'p384' ? 'sha384' : 'sha256', tbs, privateKey))
}

async function makeKey(algorithm: KeyAlgorithm): Promise<{ privateKey: KeyObject; spki: Uint8Array }> {
  const { publicKey, privateKey } = await pairOf(algorithm)
  return { privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}

function pairOf(algorithm: KeyAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (algorithm) {
    case 'p256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'p384':
      return generate('ec', { namedCurve: 'P-384' })
    case 'rsa2048':
    case 'rsa3072':
    case 'rsa4096':
      return generate('rsa', { modulusLength: Number(algorithm.slice(3)) })
  }
}

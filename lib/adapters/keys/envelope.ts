/** Envelope encryption of private keys at rest: a data key per private key, wrapped by the KEK, each bound to its row. */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { KeyPurpose } from '@/lib/services/signer'

const FORMAT = 'ca-portal/key/v1'
const KEK_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** What a private key is bound to. A ciphertext moved to a row that differs in any of it does not open. */
export interface KeyIdentity {
  keyId: string
  ownerId: string
  algorithm: string
  spkiSha256: Uint8Array
  purpose: KeyPurpose
}

export interface SealedKey {
  kekId: string
  /** nonce || AES-256-GCM(KEK, data key) || tag */
  wrappedDek: Buffer
  /** nonce || AES-256-GCM(data key, PKCS#8) || tag */
  ciphertext: Buffer
}

/** The one answer for a stored key that does not open, whatever the cause: an attacker who edits rows learns nothing. */
export class KeyUnusable extends Error {
  constructor(keyId: string) {
    super(`key ${keyId} does not open`)
    this.name = 'KeyUnusable'
  }
}

/** The key-encryption key. Its bytes are out of reach even for the code around it: it encrypts, opens and derives. */
export class Kek {
  /** Names this KEK in rows and messages; derived from it, and of no use for guessing it. */
  readonly id: string
  readonly #secret: KeyObject

  private constructor(secret: KeyObject) {
    this.#secret = secret
    this.id = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey/kek-id/v1', 8)).toString('hex')
  }

  /** Takes the bytes over and wipes them. */
  static take(bytes: Buffer): Kek {
    try {
      if (bytes.length !== KEK_BYTES) throw new RangeError('a KEK has 32 bytes')
      return new Kek(createSecretKey(bytes))
    } finally {
      bytes.fill(0)
    }
  }

  /** HKDF-SHA-256, RFC 5869: a key for one purpose, from which neither the KEK nor a sibling can be found. */
  derive(purpose: string): KeyObject {
    const bytes = Buffer.from(hkdfSync('sha256', this.#secret, '', `latchkey/${purpose}/v1`, KEK_BYTES))
    try {
      return createSecretKey(bytes)
    } finally {
      bytes.fill(0)
    }
  }

  wrap(dek: Buffer, additionalData: Buffer): Buffer {
    return encrypt(this.#secret, dek, additionalData)
  }

  unwrap(wrapped: Uint8Array, additionalData: Buffer): Buffer {
    return decrypt(this.#secret, wrapped, additionalData)
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** Encrypts PKCS#8 bytes for one row. Wiping `pkcs8` is the caller's, who made it. */
export function sealKey(pkcs8: Buffer, identity: KeyIdentity, kek: Kek): SealedKey {
  const additionalData = bindTo(identity)
  const dek = randomBytes(32)
  try {
    const ciphertext = encrypt(dek, pkcs8, additionalData)
    return { kekId: kek.id, wrappedDek: kek.wrap(dek, withKekId(additionalData, kek.id)), ciphertext }
  } finally {
    dek.fill(0)
  }
}

/** The PKCS#8 bytes of a row; the caller wipes them after import. Throws KeyUnusable, and only that. */
export function openKey(sealed: SealedKey, identity: KeyIdentity, kek: Kek): Buffer {
  let dek: Buffer | undefined
  try {
    const additionalData = bindTo(identity)
    if (sealed.kekId !== kek.id) throw new Error('another KEK')
    dek = kek.unwrap(sealed.wrappedDek, withKekId(additionalData, sealed.kekId))
    return decrypt(dek, sealed.ciphertext, additionalData)
  } catch {
    throw new KeyUnusable(identity.keyId)
  } finally {
    dek?.fill(0)
  }
}

/** The fields end in NUL, which none of them may hold, so that no two identities have the same bytes. */
function bindTo(identity: KeyIdentity): Buffer {
  const spki = Buffer.from(identity.spkiSha256).toString('hex')
  const fields = [FORMAT, identity.keyId, identity.ownerId, identity.algorithm, spki, identity.purpose]
  if (fields.some((field) => field === '' || field.includes('\0'))) throw new Error('not a key identity')
  return Buffer.from(fields.join('\0'), 'utf8')
}

function withKekId(additionalData: Buffer, kekId: string): Buffer {
  return Buffer.concat([additionalData, Buffer.from([0]), Buffer.from(kekId, 'utf8')])
}

/** nonce || AES-256-GCM || tag */
export function encrypt(key: KeyObject | Buffer, plaintext: Buffer, additionalData: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(additionalData)
  const body = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

export function decrypt(key: KeyObject | Buffer, sealed: Uint8Array, additionalData: Buffer): Buffer {
  if (sealed.length <= NONCE_BYTES + TAG_BYTES) throw new Error('too short')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
    return plaintext
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
}

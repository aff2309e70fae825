/** A private key in use: it signs and decrypts, and what it signed is verified before anybody sees it. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
  privateDecrypt,
  sign,
  verify,
} from 'node:crypto'
import { inspect } from 'node:util'
import { paddedByPkcs1 } from '@/lib/pki/key'
import { inSlices } from '@/lib/pki/slices'
import type { KeyAlgorithm, KeyPurpose, ScepDigest } from '@/lib/services/signer'
import { openCompactToken } from './token'

/** Security.md §5.4: the algorithm follows from the CA's key alone, no caller chooses. */
const CERTIFICATE_DIGEST: Record<KeyAlgorithm, 'sha256' | 'sha384'> = {
  rsa2048: 'sha256',
  rsa3072: 'sha256',
  rsa4096: 'sha256',
  p256: 'sha256',
  p384: 'sha384',
}

export interface KeyFacts {
  keyId: string
  ownerId: string
  purpose: KeyPurpose
  algorithm: KeyAlgorithm
}

export class SigningKey {
  readonly keyId: string
  readonly ownerId: string
  readonly purpose: KeyPurpose
  readonly algorithm: KeyAlgorithm
  /** SubjectPublicKeyInfo (DER), derived from the private key. */
  readonly spki: Buffer
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject

  private constructor(facts: KeyFacts, privateKey: KeyObject) {
    this.keyId = facts.keyId
    this.ownerId = facts.ownerId
    this.purpose = facts.purpose
    this.algorithm = facts.algorithm
    this.#privateKey = privateKey
    this.#publicKey = createPublicKey(privateKey)
    this.spki = this.#publicKey.export({ type: 'spki', format: 'der' })
  }

  /** Imports PKCS#8 bytes and wipes them. The key must be of the algorithm it is said to be, and must work. */
  static take(pkcs8: Buffer, facts: KeyFacts): SigningKey {
    try {
      const key = new SigningKey(facts, createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
      if (algorithmOf(key.#privateKey) !== facts.algorithm) throw new Error('the key is of another algorithm')
      key.signCertificate(Buffer.from('latchkey/key-test/v1'))
      return key
    } finally {
      pkcs8.fill(0)
    }
  }

  /** Signature over a TBSCertificate, verified. */
  signCertificate(tbs: Uint8Array): Buffer {
    return this.#sign(CERTIFICATE_DIGEST[this.algorithm], tbs)
  }

  /** Signature over a TBSCertList, verified. A slice at a time: a large list holds nobody up, and is never copied. */
  async signCrl(tbs: Uint8Array): Promise<Buffer> {
    const digest = CERTIFICATE_DIGEST[this.algorithm]
    const [signing, verifying] = [createSign(digest), createVerify(digest)]
    await inSlices(tbs, (slice) => signing.update(slice))
    const signature = signing.sign(this.#privateKey)
    await inSlices(tbs, (slice) => verifying.update(slice))
    return released(verifying.verify(this.#publicKey, signature), signature)
  }

  signScepReply(digest: ScepDigest, attributes: Uint8Array): Buffer {
    return this.#sign(digest, attributes)
  }

  /** Signature over a ResponseData, verified. */
  signOcspResponse(tbs: Uint8Array): Buffer {
    return this.#sign('sha256', tbs)
  }

  /** RSASSA-PSS with SHA-256 and a salt of its length (RFC 7518 §3.5), verified. */
  signAssertion(input: Uint8Array): Buffer {
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    const signature = sign('sha256', input, { key: this.#privateKey, ...pss })
    return released(verify('sha256', input, { key: this.#publicKey, ...pss }, signature), signature)
  }

  /** The key transport of a SCEP envelope; null for a fault of any kind. */
  decrypt(encryptedKey: Uint8Array, oaep?: ScepDigest): Buffer | null {
    const key =
      oaep === undefined
        ? paddedByPkcs1(this.#privateKey)
        : { key: this.#privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep }
    try {
      return privateDecrypt(key, encryptedKey)
    } catch {
      return null
    }
  }

  /** A challenge encrypted to this key by whoever signed it; null for a fault of any kind. */
  openToken(token: Uint8Array): Promise<Uint8Array | null> {
    return openCompactToken(token, this.#privateKey)
  }

  /** Length of an RSA modulus in bytes; 0 for a key that cannot decrypt. */
  get modulusBytes(): number {
    return (this.#publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  }

  [inspect.custom](): string {
    return '[secret]'
  }

  #sign(digest: string, data: Uint8Array): Buffer {
    const signature = sign(digest, data, this.#privateKey)
    return released(verify(digest, data, this.#publicKey, signature), signature)
  }
}

/** A faulty RSA-CRT signature gives the key away (Boneh, DeMillo and Lipton 1997), so none leaves unverified. */
function released(valid: boolean, signature: Buffer): Buffer {
  if (valid) return signature
  signature.fill(0)
  throw new Error('the signature does not verify')
}

function algorithmOf(key: KeyObject): KeyAlgorithm | null {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength === 2048) return 'rsa2048'
    if (modulusLength === 3072) return 'rsa3072'
    return modulusLength === 4096 ? 'rsa4096' : null
  }
  if (key.asymmetricKeyType !== 'ec') return null
  if (namedCurve === 'prime256v1') return 'p256'
  return namedCurve === 'secp384r1' ? 'p384' : null
}

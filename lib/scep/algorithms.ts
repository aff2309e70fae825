/** Algorithms of SCEP messages: what we read and write, and under which object identifier. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { OID } from '@/lib/pki/oid'
import type { Hash } from '@/lib/pki/signature'

/** MD5 is not among them: RFC 8894 §2.9 forbids it, and no setting brings it back. */
export type Digest = Hash
export type ReplyDigest = Exclude<Digest, 'sha224'>
/**
 * RC2 is not among them either. Single DES, which RFC 8894 §2.9 forbids, is read so that an endpoint's legacy switch can
 * allow it; without the switch it is refused.
 */
export type Cipher = 'aes128' | 'aes192' | 'aes256' | '3des' | 'des'
export type OaepHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** The digest of the reply: the request's if the endpoint may use it, else SHA-256. */
export function replyDigest(digest: Digest, allowSha1: boolean): ReplyDigest {
  return digest === 'sha224' || (digest === 'sha1' && !allowSha1) ? 'sha256' : digest
}

export interface CipherFacts {
  oid: string
  /** Name in node:crypto. */
  name: string
  keyBytes: number
  blockBytes: number
}

export const CIPHERS: Readonly<Record<Cipher, CipherFacts>> = {
  aes128: { oid: OID.aes128Cbc, name: 'aes-128-cbc', keyBytes: 16, blockBytes: 16 },
  aes192: { oid: OID.aes192Cbc, name: 'aes-192-cbc', keyBytes: 24, blockBytes: 16 },
  aes256: { oid: OID.aes256Cbc, name: 'aes-256-cbc', keyBytes: 32, blockBytes: 16 },
  '3des': { oid: OID.desEde3Cbc, name: 'des-ede3-cbc', keyBytes: 24, blockBytes: 8 },
  // 3DES with one key three times is DES (NIST SP 800-67 §3.2); node:crypto has the latter only by a legacy provider.
  des: { oid: OID.desCbc, name: 'des-ede3-cbc', keyBytes: 8, blockBytes: 8 },
}

/** The key as node:crypto wants it for the cipher's name: as a KeyObject, for bytes cost it twice as much. */
export function cipherKey(cipher: Cipher, key: Uint8Array): KeyObject {
  return createSecretKey(cipher === 'des' ? Buffer.concat([key, key, key]) : key)
}

export function cipherOf(oid: string): Cipher | null {
  const ciphers: Cipher[] = ['aes128', 'aes192', 'aes256', '3des', 'des']
  return ciphers.find((cipher) => CIPHERS[cipher].oid === oid) ?? null
}

export const DIGEST_OID: Readonly<Record<Digest, string>> = {
  sha1: OID.sha1,
  sha224: OID.sha224,
  sha256: OID.sha256,
  sha384: OID.sha384,
  sha512: OID.sha512,
}

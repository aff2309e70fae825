/** Public keys: parsing and naming them. */
import { constants, createPublicKey, type KeyObject } from 'node:crypto'
import { DerError, parseDer, TAG, type Tlv } from './der'
import { integerOf, octetsOfBits, oidOf } from './der-values'
import { bitString, nullValue, oid, sequence } from './der-write'
import { digest } from './digest'
import { OID } from './oid'

export { keyWeakness } from './key-weakness'

/** The key pairs the signer makes. */
export type KeyAlgorithm = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'p256' | 'p384'

export type Curve = 'P-256' | 'P-384' | 'P-521'

export type PublicKeyInfo =
  | { algorithm: 'RSA'; bits: number; exponent: bigint; modulus: bigint; key: KeyObject }
  | { algorithm: 'EC'; curve: Curve; key: KeyObject }
  | { algorithm: 'Ed25519'; key: KeyObject }

/** Beyond these a verification costs more than an unknown sender may spend. */
const MAX_RSA_BITS = 8192
const MAX_EXPONENT_BITS = 64

const CURVES: Readonly<Record<string, { curve: Curve; pointOctets: number }>> = {
  [OID.p256]: { curve: 'P-256', pointOctets: 65 },
  [OID.p384]: { curve: 'P-384', pointOctets: 97 },
  [OID.p521]: { curve: 'P-521', pointOctets: 133 },
}

/** The last keys that were read. One enrolment meets the same two or three at every step, and all of them the issuer's. */
const recent = new Map<string, PublicKeyInfo>()
const MOST_RECENT = 256

/** A SubjectPublicKeyInfo. Throws DerError: `unsupported` for algorithms we do not know, `limit` for oversized keys. */
export function parsePublicKey(spki: Uint8Array): PublicKeyInfo {
  const name = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('latin1')
  const known = recent.get(name)
  if (known !== undefined) return known
  const key = readPublicKey(spki)
  if (recent.size >= MOST_RECENT) recent.delete(recent.keys().next().value ?? '')
  recent.set(name, key)
  return key
}

function readPublicKey(spki: Uint8Array): PublicKeyInfo {
  const { algorithm, parameters, bits } = parseSpki(spki)
  switch (algorithm) {
    case OID.rsaEncryption:
      if (parameters !== null && parameters.tag !== TAG.null) throw new DerError('rsaEncryption with parameters')
      return parseRsa(bits)
    case OID.ecPublicKey:
      return parseEc(spki, parameters, bits)
    case OID.ed25519:
      if (parameters !== null || bits.length !== 32) throw new DerError('not an Ed25519 key')
      return { algorithm: 'Ed25519', key: importKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }) }
    default:
      throw new DerError(`public keys of algorithm ${algorithm}`, 'unsupported')
  }
}

/**
 * As a certificate has to write it: RFC 3279 §2.3.1 wants NULL beside rsaEncryption, and some stacks leave it out. The
 * same key in two spellings would also be two keys to everything that compares them.
 */
export function canonicalSpki(spki: Uint8Array): Uint8Array {
  const { algorithm, parameters, bits } = parseSpki(spki)
  if (algorithm !== OID.rsaEncryption || parameters !== null) return spki
  return sequence(sequence(oid(OID.rsaEncryption), nullValue()), bitString(bits))
}

/**
 * The same RSA key, not a copy, which from now on says itself that node:crypto is to pad by RSAES-PKCS1-v1_5. The other way to say so is an object
 * around the key, and to find out that such an object is no key costs node:crypto two errors thrown and caught, a tenth of
 * opening an envelope. Signatures are padded as before: RSASSA-PKCS1-v1_5 is what they have where nothing is said.
 */
export function paddedByPkcs1(key: KeyObject): KeyObject {
  return Object.assign(key, { padding: constants.RSA_PKCS1_PADDING })
}

/** RFC 5280 §4.2.1.2, method 1: SHA-1 over the content of the BIT STRING. A name, not a protection. */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return digest('sha1', keyBits(spki))
}

/** The content of the BIT STRING, without its octet of unused bits: what key identifiers and OCSP hash. */
export function keyBits(spki: Uint8Array): Uint8Array {
  return parseSpki(spki).bits
}

function parseSpki(spki: Uint8Array): { algorithm: string; parameters: Tlv | null; bits: Uint8Array } {
  const reader = parseDer(spki).open()
  const identifier = reader.next(TAG.sequence).open()
  const bits = octetsOfBits(reader.next(TAG.bitString).content)
  reader.finish()
  const algorithm = oidOf(identifier.next(TAG.oid).content)
  const parameters = identifier.done ? null : identifier.next()
  identifier.finish()
  return { algorithm, parameters, bits }
}

function parseRsa(pkcs1: Uint8Array): PublicKeyInfo {
  const reader = parseDer(pkcs1).open()
  const modulus = integerOf(reader.next(TAG.integer).content)
  const exponent = integerOf(reader.next(TAG.integer).content)
  reader.finish()
  if (modulus <= 0n || exponent <= 1n) throw new DerError('an RSA key of non-positive numbers')
  const bits = bitLength(modulus)
  if (bits > MAX_RSA_BITS || bitLength(exponent) > MAX_EXPONENT_BITS)
    throw new DerError('an RSA key beyond our limits', 'limit')
  // PKCS#1 is read several times faster than the same key as SubjectPublicKeyInfo, which goes through OpenSSL's
  // decoders.
  const key = importKey({ key: Buffer.from(pkcs1), format: 'der', type: 'pkcs1' })
  return { algorithm: 'RSA', bits, exponent, modulus, key }
}

function parseEc(spki: Uint8Array, parameters: Tlv | null, point: Uint8Array): PublicKeyInfo {
  if (parameters?.tag !== TAG.oid) throw new DerError('an EC key without a named curve', 'unsupported')
  const known = CURVES[oidOf(parameters.content)]
  if (!known) throw new DerError('an EC key on a curve we do not know', 'unsupported')
  if (point[0] !== 4 || point.length !== known.pointOctets)
    throw new DerError('not an uncompressed point', 'unsupported')
  // OpenSSL refuses a point that is not on the curve.
  return {
    algorithm: 'EC',
    curve: known.curve,
    key: importKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
  }
}

function importKey(input: { key: Buffer; format: 'der'; type: 'pkcs1' | 'spki' }): KeyObject {
  try {
    return createPublicKey(input)
  } catch {
    throw new DerError('not a public key')
  }
}

export function bitLength(value: bigint): number {
  return value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16).charAt(0), 16)) + 28
}

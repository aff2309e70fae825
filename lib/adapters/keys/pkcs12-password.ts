/** What hangs on the password of a PKCS#12 file: whether the file is intact (MAC), and what is encrypted in it (PBES2). */
import { createDecipheriv, createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { TAG, type Tlv } from '@/lib/pki/der'
import { smallNumberOf } from '@/lib/pki/der-values'
import { type AlgorithmIdentifier, type Hash, hashOf, parseAlgorithm } from '@/lib/pki/signature'
import { notPkcs12, refused, unsupported, wrongPassword } from './pkcs12-refusals'

const deriveKey = promisify(pbkdf2)

const ID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  pbmac1: '1.2.840.113549.1.5.14',
} as const

const CIPHERS: Readonly<Record<string, { name: string; keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
}
const HMACS: Readonly<Record<string, Hash>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
/** Security contract §14. */
const MAX_ITERATIONS = 1_000_000
const MAX_SALT = 1_024
/** Octets of a block of the hash, RFC 7292 appendix B. */
const BLOCK_BYTES: Record<Hash, number> = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 }
/** A key from a million rounds takes seconds: the signer serves others in between. */
const ROUNDS_AT_ONCE = 5_000

export async function isIntact(macData: Tlv, authSafe: Uint8Array, password: Buffer): Promise<boolean> {
  const fields = macData.open()
  const digestInfo = fields.next(TAG.sequence).open()
  const algorithm = parseAlgorithm(digestInfo.next(TAG.sequence))
  const expected = digestInfo.next(TAG.octetString).content
  digestInfo.finish()
  const salt = fields.next(TAG.octetString).content
  const count = fields.optional(TAG.integer)
  fields.finish()
  const { hash, key } =
    algorithm.oid === ID.pbmac1
      ? await pbmac1Key(algorithm, password)
      : await macKey(algorithm, { salt, iterations: count === null ? 1 : smallNumberOf(count.content) }, password)
  try {
    const actual = createHmac(hash, key).update(authSafe).digest()
    return actual.length === expected.length && timingSafeEqual(actual, expected)
  } finally {
    key.fill(0)
  }
}

/** RFC 9579. */
async function pbmac1Key({ parameters }: AlgorithmIdentifier, password: Buffer): Promise<{ hash: Hash; key: Buffer }> {
  if (parameters?.tag !== TAG.sequence) throw notPkcs12('PBMAC1 without parameters')
  const fields = parameters.open()
  const derivation = parseAlgorithm(fields.next(TAG.sequence))
  const scheme = parseAlgorithm(fields.next(TAG.sequence))
  fields.finish()
  const hash = HMACS[scheme.oid]
  if (hash === undefined) throw unsupported(scheme.oid)
  const { salt, iterations, prf, keyLength } = pbkdf2Parameters(derivation)
  if (keyLength === null || keyLength < 20 || keyLength > 64) throw notPkcs12('PBMAC1 without a length of its key')
  return { hash, key: await deriveKey(password, salt, iterations, keyLength, prf) }
}

async function macKey(
  algorithm: AlgorithmIdentifier,
  { salt, iterations }: { salt: Uint8Array; iterations: number },
  password: Buffer,
): Promise<{ hash: Hash; key: Buffer }> {
  const hash = hashOf(algorithm)
  if (hash === null || hash === 'sha224') throw unsupported(algorithm.oid)
  checkCost(salt, iterations)
  return { hash, key: await pkcs12Key(hash, salt, iterations, password) }
}

/** RFC 7292 appendix B, for keys as long as the hash: the MAC's (ID 3), the only ones that are still made so here. */
async function pkcs12Key(hash: Hash, salt: Uint8Array, iterations: number, password: Buffer): Promise<Buffer> {
  const block = BLOCK_BYTES[hash]
  const text = bmpString(password)
  const secret = repeated(text, block)
  text.fill(0)
  const start = Buffer.concat([Buffer.alloc(block, 3), repeated(salt, block), secret])
  try {
    let digest = createHash(hash).update(start).digest()
    for (let round = 1; round < iterations; round++) {
      if (round % ROUNDS_AT_ONCE === 0) await setImmediate()
      digest = createHash(hash).update(digest).digest()
    }
    return digest
  } finally {
    secret.fill(0)
    start.fill(0)
  }
}

/** UTF-16, big-endian, with a NUL at its end, without ever becoming a string. */
function bmpString(password: Buffer): Buffer {
  const wide = transcodeUtf16(password)
  const text = Buffer.concat([wide.swap16(), Buffer.alloc(2)])
  wide.fill(0)
  return text
}

/** UTF-8 to UTF-16LE. Ill-formed octets are no password that anybody typed. */
function transcodeUtf16(utf8: Buffer): Buffer {
  const out = Buffer.alloc(utf8.length * 2)
  let length = 0
  for (let at = 0; at < utf8.length; ) {
    const first = utf8[at] ?? 0
    const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    let point = more === 0 ? first : first & (0x3f >> more)
    for (let i = 1; i <= more; i++) point = point * 64 + ((utf8[at + i] ?? 0) & 0x3f)
    at += more + 1
    if (point > 0xffff) {
      length = out.writeUInt16LE(0xd800 + ((point - 0x10000) >> 10), length)
      length = out.writeUInt16LE(0xdc00 + ((point - 0x10000) & 0x3ff), length)
    } else {
      length = out.writeUInt16LE(point, length)
    }
  }
  return out.subarray(0, length)
}

function repeated(bytes: Uint8Array, block: number): Buffer {
  const out = Buffer.alloc(block * Math.ceil(bytes.length / block))
  for (let at = 0; at < out.length; at += bytes.length) out.set(bytes.subarray(0, out.length - at), at)
  return out
}

/** PBES2 (RFC 8018 §6.2) with AES; nothing else protects the key of an authority well enough. */
export async function decrypt(
  { oid, parameters }: AlgorithmIdentifier,
  ciphertext: Uint8Array,
  password: Buffer,
): Promise<Buffer> {
  if (oid !== ID.pbes2) throw unsupported(oid)
  if (parameters?.tag !== TAG.sequence) throw notPkcs12('PBES2 without parameters')
  const fields = parameters.open()
  const derivation = parseAlgorithm(fields.next(TAG.sequence))
  const scheme = parseAlgorithm(fields.next(TAG.sequence))
  fields.finish()
  const cipher = CIPHERS[scheme.oid]
  if (cipher === undefined) throw unsupported(scheme.oid)
  if (scheme.parameters?.tag !== TAG.octetString || scheme.parameters.content.length !== 16)
    throw notPkcs12('AES without its first block')
  const { salt, iterations, prf, keyLength } = pbkdf2Parameters(derivation)
  if (keyLength !== null && keyLength !== cipher.keyBytes) throw notPkcs12('a key of another length')
  const key = await deriveKey(password, salt, iterations, cipher.keyBytes, prf)
  try {
    const decipher = createDecipheriv(cipher.name, key, scheme.parameters.content)
    const plain = decipher.update(ciphertext)
    try {
      return Buffer.concat([plain, decipher.final()])
    } catch {
      // The MAC was right, so the password of this part is another one.
      throw wrongPassword()
    } finally {
      plain.fill(0)
    }
  } finally {
    key.fill(0)
  }
}

function pbkdf2Parameters({ oid, parameters }: AlgorithmIdentifier) {
  if (oid !== ID.pbkdf2) throw unsupported(oid)
  if (parameters?.tag !== TAG.sequence) throw notPkcs12('PBKDF2 without parameters')
  const fields = parameters.open()
  const salt = fields.next(TAG.octetString).content
  const iterations = smallNumberOf(fields.next(TAG.integer).content)
  const length = fields.optional(TAG.integer)
  const function_ = fields.optional(TAG.sequence)
  fields.finish()
  const prfId = function_ === null ? '1.2.840.113549.2.7' : parseAlgorithm(function_).oid
  const prf = HMACS[prfId]
  if (prf === undefined) throw unsupported(prfId)
  checkCost(salt, iterations)
  return { salt, iterations, prf, keyLength: length === null ? null : smallNumberOf(length.content) }
}

/** A file says what it costs to open it: more than this no program writes. */
function checkCost(salt: Uint8Array, iterations: number): void {
  if (iterations < 1 || iterations > MAX_ITERATIONS || salt.length === 0 || salt.length > MAX_SALT)
    throw refused(
      'too_costly',
      `This file asks for more work than a password needs: at most ${MAX_ITERATIONS.toLocaleString('en')} rounds are done.`,
    )
}

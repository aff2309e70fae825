/**
 * Reads a PKCS#12 file (RFC 7292) inside the signer: one key and the certificates beside it. What is old or unusual is
 * refused with a sentence that says what to do; the password and the key stay in buffers that are wiped.
 */
import { createDecipheriv, createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Refusal } from '@/lib/errors'
import { toDer } from '@/lib/pki/ber'
import { constructedContext, DerError, type DerLimits, parseDer, primitiveContext, TAG, type Tlv } from '@/lib/pki/der'
import { oidOf, smallNumberOf } from '@/lib/pki/der-values'
import { type AlgorithmIdentifier, type Hash, hashOf, parseAlgorithm } from '@/lib/pki/signature'

export interface Pkcs12 {
  /** PKCS#8; whoever reads it wipes it. */
  privateKey: Buffer
  /** In the order of the file. */
  certificates: Uint8Array[]
}

const deriveKey = promisify(pbkdf2)

const PKCS12 = '1.2.840.113549.1.12'
const ID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: `${PKCS12}.10.1.1`,
  shroudedKeyBag: `${PKCS12}.10.1.2`,
  certBag: `${PKCS12}.10.1.3`,
  x509Certificate: '1.2.840.113549.1.9.22.1',
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
/** PBES1 of RFC 7292 appendix C with RC4, RC2 and 3DES, single DES and 3DES under PBES2: what old programs write. */
const LEGACY = new RegExp(
  `^(${PKCS12.replaceAll('.', '\\.')}\\.1\\.\\d+|1\\.2\\.840\\.113549\\.1\\.5\\.\\d|1\\.2\\.840\\.113549\\.1\\.5\\.1[01]|1\\.2\\.840\\.113549\\.3\\.\\d|1\\.3\\.14\\.3\\.2\\.7)$`,
)

/** Security contract §14. */
const MAX_ITERATIONS = 1_000_000
const MAX_SALT = 1_024
const MAX_CERTIFICATES = 10
const MAX_PASSWORD = 1_024
const LIMITS: DerLimits = { maxBytes: 256 * 1024, maxNodes: 4_000, maxDepth: 32 }
/** Octets of a block of the hash, RFC 7292 appendix B. */
const BLOCK_BYTES: Record<Hash, number> = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 }
/** A key from a million rounds takes seconds: the signer serves others in between. */
const ROUNDS_AT_ONCE = 5_000

/** `password`: UTF-8, wiped by whoever made it. */
export async function readPkcs12(file: Uint8Array, password: Buffer): Promise<Pkcs12> {
  if (password.length === 0 || password.length > MAX_PASSWORD) throw wrongPassword()
  try {
    return await read(file, password)
  } catch (error) {
    if (error instanceof DerError) throw notPkcs12(error.message)
    throw error
  }
}

async function read(file: Uint8Array, password: Buffer): Promise<Pkcs12> {
  const root = parseDer(toDer(file, LIMITS), LIMITS)
  if (root.tag !== TAG.sequence) throw notPkcs12('not a SEQUENCE')
  const pfx = root.open()
  if (smallNumberOf(pfx.next(TAG.integer).content) !== 3) throw notPkcs12('not version 3')
  const authSafe = dataOf(pfx.next(TAG.sequence))
  const mac = pfx.optional(TAG.sequence)
  pfx.finish()
  if (mac === null) {
    throw refused(
      'no_mac',
      'This file has no integrity check (MAC), so nobody can tell whether it was changed. Export it again with a password.',
    )
  }
  if (!(await isIntact(mac, authSafe, password))) throw wrongPassword()
  return collect(authSafe, password)
}

/** ContentInfo of type data: its octets. A file that is signed with a certificate instead has another type. */
function dataOf(contentInfo: Tlv): Uint8Array {
  const fields = contentInfo.open()
  if (oidOf(fields.next(TAG.oid).content) !== ID.data)
    throw refused(
      'unsupported',
      'This file is protected by a certificate, not by a password. Export it with a password.',
    )
  const content = fields.next(constructedContext(0)).open()
  fields.finish()
  const { content: octets } = content.next(TAG.octetString)
  content.finish()
  return octets
}

async function isIntact(macData: Tlv, authSafe: Uint8Array, password: Buffer): Promise<boolean> {
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

async function collect(authSafe: Uint8Array, password: Buffer): Promise<Pkcs12> {
  const certificates: Uint8Array[] = []
  const keys: Buffer[] = []
  try {
    for (const contentInfo of sequenceIn(authSafe).children(10)) {
      const { octets, encrypted } = await safeContents(contentInfo, password)
      try {
        for (const bag of sequenceIn(octets).children(50))
          await openBag(bag, { encrypted, password, certificates, keys })
      } finally {
        // A key may lie in it as it is.
        if (encrypted) octets.fill(0)
      }
    }
    const [privateKey, ...others] = keys
    if (privateKey === undefined)
      throw refused('no_key', 'There is no private key in this file. To import a certificate alone, use PEM or DER.')
    if (others.length > 0)
      throw refused(
        'many_keys',
        'There is more than one private key in this file. Export the one of the authority alone.',
      )
    if (certificates.length === 0)
      throw refused(
        'no_certificate',
        'There is no certificate in this file. Export the key together with its certificate.',
      )
    return { privateKey, certificates }
  } catch (error) {
    for (const key of keys) key.fill(0)
    throw error
  }
}

async function safeContents(contentInfo: Tlv, password: Buffer): Promise<{ octets: Uint8Array; encrypted: boolean }> {
  const fields = contentInfo.open()
  const type = oidOf(fields.next(TAG.oid).content)
  if (type === ID.data) return { octets: dataOf(contentInfo), encrypted: false }
  if (type !== ID.encryptedData)
    throw refused(
      'unsupported',
      'This file is encrypted for a certificate, not with a password. Export it with a password.',
    )
  const encryptedData = fields.next(constructedContext(0)).open().next(TAG.sequence).open()
  encryptedData.next(TAG.integer)
  const info = encryptedData.next(TAG.sequence).open()
  if (oidOf(info.next(TAG.oid).content) !== ID.data) throw notPkcs12('encrypted content that is no data')
  const algorithm = parseAlgorithm(info.next(TAG.sequence))
  const octets = await decrypt(algorithm, implicitOctets(info.next()), password)
  return { octets, encrypted: true }
}

/** [0] IMPLICIT OCTET STRING; streaming encoders cut it in pieces. */
function implicitOctets(value: Tlv): Uint8Array {
  if (value.tag === primitiveContext(0)) return value.content
  if (value.tag !== constructedContext(0)) throw notPkcs12('no encrypted content')
  const pieces = value.children(1_000)
  if (pieces.some(({ tag }) => tag !== TAG.octetString)) throw notPkcs12('no encrypted content')
  return Buffer.concat(pieces.map(({ content }) => content))
}

async function openBag(
  bag: Tlv,
  {
    encrypted,
    password,
    certificates,
    keys,
  }: { encrypted: boolean; password: Buffer; certificates: Uint8Array[]; keys: Buffer[] },
): Promise<void> {
  const fields = bag.open()
  const type = oidOf(fields.next(TAG.oid).content)
  const value = fields.next(constructedContext(0)).open().next()
  switch (type) {
    case ID.certBag: {
      const parts = value.open()
      if (oidOf(parts.next(TAG.oid).content) !== ID.x509Certificate) throw notPkcs12('a certificate that is no X.509')
      if (certificates.length === MAX_CERTIFICATES)
        throw refused('many_certificates', `There are more than ${MAX_CERTIFICATES} certificates in this file.`)
      certificates.push(Uint8Array.from(parts.next(constructedContext(0)).open().next(TAG.octetString).content))
      return
    }
    case ID.shroudedKeyBag: {
      const parts = value.open()
      const algorithm = parseAlgorithm(parts.next(TAG.sequence))
      keys.push(await decrypt(algorithm, parts.next(TAG.octetString).content, password))
      return
    }
    case ID.keyBag:
      if (!encrypted)
        throw refused(
          'key_in_the_clear',
          'The private key in this file is not encrypted. Whoever had the file has the key: make a new one.',
        )
      keys.push(Buffer.from(value.bytes))
      return
    default:
      throw refused('unsupported', 'This file holds something besides a key and certificates. Export those alone.')
  }
}

/** PBES2 (RFC 8018 §6.2) with AES; nothing else protects the key of an authority well enough. */
async function decrypt(
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

function sequenceIn(octets: Uint8Array): Tlv {
  const der = toDer(octets, LIMITS)
  const value = parseDer(der, LIMITS)
  if (value.tag !== TAG.sequence) throw notPkcs12('no list of contents')
  return value
}

function refused(reason: string, sentence: string, detail?: string): Refusal {
  return new Refusal('invalid_input', sentence, {
    reason: `pkcs12_${reason}`,
    ...(detail === undefined ? {} : { detail }),
  })
}

function wrongPassword(): Refusal {
  return refused('password', 'The password does not open this file.')
}

function notPkcs12(detail: string): Refusal {
  return refused('malformed', 'This is not a PKCS#12 file (.p12 or .pfx), or it is damaged.', `pkcs12: ${detail}`)
}

function unsupported(oid: string): Refusal {
  if (LEGACY.test(oid))
    return refused(
      'legacy',
      'This file is encrypted as old programs did it (3DES, RC2 or RC4), which is too weak for the key of an authority. ' +
        'Convert it: openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12',
      `pkcs12: ${oid}`,
    )
  return refused('unsupported', `This file uses an algorithm that is not supported (${oid}). Export it with AES-256.`)
}

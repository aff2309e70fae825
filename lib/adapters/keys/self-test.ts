/** What must hold of this Node and its OpenSSL before the signer trusts them with a key: known answers and round trips. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import inspector from 'node:inspector'
import { paddedByPkcs1 } from '@/lib/pki/key'
import { EXIT, StartupFault } from './startup-fault'

/** The sides of the cryptography that a test can replace to see it refused. */
export interface SelfTestSubject {
  privateDecrypt: typeof privateDecrypt
  verify: typeof verify
  debuggerUrl(): string | undefined
}

const REAL: SelfTestSubject = { privateDecrypt, verify, debuggerUrl: () => inspector.url() }

/** Throws a StartupFault that names the first test that failed. */
export function selfTest(subject: SelfTestSubject = REAL): void {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const tests: Record<string, () => boolean> = {
    'no debugger is attached': () => subject.debuggerUrl() === undefined,
    'Node is version 24 or later': () => Number(process.versions.node.split('.')[0]) >= 24,
    'random numbers differ': () => !randomBytes(32).equals(randomBytes(32)),
    'AES-256-GCM gives the known answer': aesGcmKnownAnswer,
    'AES-256-GCM refuses a changed message': aesGcmRefusesChanges,
    'HKDF-SHA-256 gives the known answer': hkdfKnownAnswer,
    'ECDSA accepts the known signature': () => ecdsaKnownAnswer(subject),
    'RSA signs and verifies': () => signsAndVerifies(subject, 'sha256', rsa),
    'ECDSA on P-256 signs and verifies': () =>
      signsAndVerifies(subject, 'sha256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    'ECDSA on P-384 signs and verifies': () =>
      signsAndVerifies(subject, 'sha384', generateKeyPairSync('ec', { namedCurve: 'P-384' })),
    'RSA decrypts what it encrypted': () => decryptsPkcs1(subject, rsa) && decryptsOaep(subject, rsa),
    'RSA decryption does not tell a tampered message apart': () => rejectsImplicitly(subject, rsa),
  }
  for (const [promise, holds] of Object.entries(tests)) {
    if (!succeeds(holds))
      throw new StartupFault(`The signer does not start, because a self-test failed: ${promise}.`, EXIT.software)
  }
}

function succeeds(test: () => boolean): boolean {
  try {
    return test()
  } catch {
    return false
  }
}

/** The GCM specification's test case 14: key, nonce and one block, all zero. */
function aesGcmKnownAnswer(): boolean {
  const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))
  const ciphertext = Buffer.concat([cipher.update(Buffer.alloc(16)), cipher.final()]).toString('hex')
  return (
    ciphertext === 'cea7403d4d606b6e074ec5d3baf39d18' &&
    cipher.getAuthTag().toString('hex') === 'd0d1c8a799996bf0265b98b5d48ab919'
  )
}

function aesGcmRefusesChanges(): boolean {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))
  decipher.setAuthTag(Buffer.from('d0d1c8a799996bf0265b98b5d48ab918', 'hex'))
  decipher.update(Buffer.from('cea7403d4d606b6e074ec5d3baf39d18', 'hex'))
  return !succeeds(() => decipher.final() !== undefined)
}

/** RFC 5869, appendix A.1. */
function hkdfKnownAnswer(): boolean {
  const salt = Buffer.from('000102030405060708090a0b0c', 'hex')
  const info = Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex')
  const okm = Buffer.from(hkdfSync('sha256', Buffer.alloc(22, 0x0b), salt, info, 42)).toString('hex')
  return okm === '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'
}

/** RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample". */
function ecdsaKnownAnswer({ verify }: SelfTestSubject): boolean {
  const point =
    '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299'
  const signature =
    'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'
  const spki = Buffer.from(`3059301306072a8648ce3d020106082a8648ce3d030107034200${point}`, 'hex')
  const key = { key: spki, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
  return (
    verify('sha256', Buffer.from('sample'), key, Buffer.from(signature, 'hex')) &&
    !verify('sha256', Buffer.from('samplf'), key, Buffer.from(signature, 'hex'))
  )
}

function signsAndVerifies(
  { verify }: SelfTestSubject,
  digest: string,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): boolean {
  const message = randomBytes(64)
  const signature = sign(digest, message, pair.privateKey)
  const accepted = verify(digest, message, pair.publicKey, signature)
  message.writeUInt8(message.readUInt8(0) ^ 1, 0)
  return accepted && !verify(digest, message, pair.publicKey, signature)
}

function decryptsPkcs1(
  { privateDecrypt }: SelfTestSubject,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): boolean {
  const message = randomBytes(32)
  const padding = constants.RSA_PKCS1_PADDING
  return privateDecrypt(
    paddedByPkcs1(pair.privateKey),
    publicEncrypt({ key: pair.publicKey, padding }, message),
  ).equals(message)
}

function decryptsOaep(
  { privateDecrypt }: SelfTestSubject,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): boolean {
  const message = randomBytes(32)
  const options = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return privateDecrypt(
    { key: pair.privateKey, ...options },
    publicEncrypt({ key: pair.publicKey, ...options }, message),
  ).equals(message)
}

/** Without implicit rejection an error, or its timing, is a Bleichenbacher oracle (CVE-2023-46809). */
function rejectsImplicitly(
  { privateDecrypt }: SelfTestSubject,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): boolean {
  const padding = constants.RSA_PKCS1_PADDING
  const message = randomBytes(32)
  const original = publicEncrypt({ key: pair.publicKey, padding }, message)
  return [10, 100, 200, 255].every((at) => {
    const tampered = Buffer.from(original)
    tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at)
    return !privateDecrypt(paddedByPkcs1(pair.privateKey), tampered).equals(message)
  })
}

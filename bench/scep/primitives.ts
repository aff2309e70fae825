/** What the three private operations of an enrolment cost by themselves, with keys that are open already. */
import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import type { IssuerKey } from '@/lib/services/groups'

const RUNS = 400
const WARM_UP = 50

export interface PrivateCost {
  /** CPU milliseconds: the issuer's signature, and the registration authority's decryption and signature. */
  signCertificate: number
  decrypt: number
  signReply: number
  sum: number
}

export function issuerKeyPair(kind: IssuerKey) {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'rsa3072':
    case 'rsa4096':
      return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) })
  }
}

export function privateCost(kind: IssuerKey): PrivateCost {
  const issuer = issuerKeyPair(kind).privateKey
  const ra = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const padding = constants.RSA_PKCS1_PADDING
  const encrypted = publicEncrypt({ key: ra.publicKey, padding }, randomBytes(16))
  const signCertificate = cpuMilliseconds(() => signed(issuer, kind === 'p384' ? 'sha384' : 'sha256', 900))
  const decrypt = cpuMilliseconds(() => privateDecrypt({ key: ra.privateKey, padding }, encrypted))
  const signReply = cpuMilliseconds(() => signed(ra.privateKey, 'sha256', 250))
  return { signCertificate, decrypt, signReply, sum: signCertificate + decrypt + signReply }
}

const signed = (key: KeyObject, digest: string, length: number) => sign(digest, Buffer.alloc(length, 7), key)

/** Of one call, by this thread's clock: nothing else runs in it meanwhile. */
export function cpuMilliseconds(operation: () => unknown, runs = RUNS): number {
  for (let run = 0; run < WARM_UP; run++) operation()
  const before = process.threadCpuUsage()
  for (let run = 0; run < runs; run++) operation()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000 / runs
}

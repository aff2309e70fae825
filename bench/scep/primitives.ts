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

/** `rsa2048`: what the aim was set with; the product makes no issuer of that kind. */
export type IssuerKind = 'rsa2048' | 'rsa3072' | 'p256'

const WARM_UP = 50

/** CPU milliseconds: the issuer's signature, and the registration authority's decryption and signature. */
export interface PrivateCost {
  signCertificate: number
  decrypt: number
  signReply: number
  sum: number
}

export function issuerKeyPair(kind: IssuerKind) {
  if (kind === 'p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) })
}

/** Returns what measures the mean of so many runs, again and again. */
export function privateOperations(kind: IssuerKind): (runs: number) => PrivateCost {
  const issuer = issuerKeyPair(kind).privateKey
  const ra = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const padding = constants.RSA_PKCS1_PADDING
  const encrypted = publicEncrypt({ key: ra.publicKey, padding }, randomBytes(16))
  const operations = {
    signCertificate: () => signed(issuer, 900),
    decrypt: () => privateDecrypt({ key: ra.privateKey, padding }, encrypted),
    signReply: () => signed(ra.privateKey, 250),
  }
  for (const operation of Object.values(operations)) cpuMilliseconds(operation, WARM_UP)
  return (runs) => {
    const signCertificate = cpuMilliseconds(operations.signCertificate, runs)
    const decrypt = cpuMilliseconds(operations.decrypt, runs)
    const signReply = cpuMilliseconds(operations.signReply, runs)
    return { signCertificate, decrypt, signReply, sum: signCertificate + decrypt + signReply }
  }
}

export function meanCost(costs: PrivateCost[]): PrivateCost {
  const mean = (part: keyof PrivateCost) => costs.reduce((sum, cost) => sum + cost[part], 0) / costs.length
  return {
    signCertificate: mean('signCertificate'),
    decrypt: mean('decrypt'),
    signReply: mean('signReply'),
    sum: mean('sum'),
  }
}

const signed = (key: KeyObject, length: number) => sign('sha256', Buffer.alloc(length, 7), key)

/** Of one call, by this thread's clock: nothing else runs in it meanwhile. */
function cpuMilliseconds(operation: () => unknown, runs: number): number {
  const before = process.threadCpuUsage()
  for (let run = 0; run < runs; run++) operation()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000 / runs
}

/**
 * The keys of challenges: the pepper over their handles, and the key that seals those which carry their own meaning. They
 * follow from the KEK and the quarter, so they change by themselves, in every instance at once, and nothing is stored.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto'
import type { SealedChallenge } from '@/lib/services/signer'
import type { Kek } from './envelope'

/** Epoch 0 is all time before this; the first key has no number, because it was there before there were epochs. */
const FIRST_CHANGE = Date.UTC(2027, 0, 1)
const EPOCH_MS = 90 * 86_400_000
/** Clocks of two instances may differ by this much, and no more is forgiven past the end of a sealed challenge. */
const SKEW_MS = 10 * 60_000
const NONCE_BYTES = 12
const TAG_BYTES = 16
const PAYLOAD_BYTES = 56
const SEALED_BYTES = 4 + NONCE_BYTES + PAYLOAD_BYTES + TAG_BYTES

export interface ChallengeKeys {
  mac(data: Uint8Array): Buffer
  handles(data: Uint8Array): Buffer[]
  seal(challenge: SealedChallenge, ttlSeconds: number): Buffer
  open(endpointId: string, sealed: Uint8Array): SealedChallenge | null
}

export function challengeKeys(kek: Kek, clock: () => Date): ChallengeKeys {
  const derived = new Map<string, KeyObject>()
  const keyOf = (use: 'mac' | 'seal', epoch: number): KeyObject => {
    const name = use === 'mac' ? 'mac/challenge' : 'seal/challenge'
    const purpose = epoch === 0 ? name : `${name}/${epoch}`
    const key = derived.get(purpose) ?? kek.derive(purpose)
    derived.set(purpose, key)
    return key
  }
  const hmac = (epoch: number, data: Uint8Array) => createHmac('sha256', keyOf('mac', epoch)).update(data).digest()

  return {
    mac: (data) => hmac(epochAt(clock().getTime()), data),

    handles: (data) => acceptedEpochs(clock().getTime()).map((epoch) => hmac(epoch, data)),

    seal({ endpointId, challengeId, constraintsSha256 }, ttlSeconds) {
      const now = clock().getTime()
      const epoch = epochAt(now)
      const issuedAt = Math.floor(now / 1_000)
      const payload = Buffer.alloc(PAYLOAD_BYTES)
      payload.write(challengeId.replaceAll('-', ''), 0, 16, 'hex')
      payload.writeUInt32BE(issuedAt, 16)
      payload.writeUInt32BE(issuedAt + ttlSeconds, 20)
      payload.set(constraintsSha256, 24)
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyOf('seal', epoch), nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(boundTo(endpointId))
      const body = cipher.update(payload)
      cipher.final()
      const keyId = Buffer.alloc(4)
      keyId.writeUInt32BE(epoch)
      return Buffer.concat([keyId, nonce, body, cipher.getAuthTag()])
    },

    /** The order of dynamic-challenge.md §8: length, key id, tag, times. The endpoint is part of what the tag covers. */
    open(endpointId, bytes) {
      const sealed = Buffer.from(bytes)
      const now = clock().getTime()
      if (sealed.length !== SEALED_BYTES || !acceptedEpochs(now).includes(sealed.readUInt32BE(0))) return null
      const nonce = sealed.subarray(4, 4 + NONCE_BYTES)
      const key = keyOf('seal', sealed.readUInt32BE(0))
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(endpointId))
      decipher.setAuthTag(sealed.subarray(SEALED_BYTES - TAG_BYTES))
      const payload = decipher.update(sealed.subarray(4 + NONCE_BYTES, SEALED_BYTES - TAG_BYTES))
      try {
        decipher.final()
      } catch {
        return null
      }
      const [issuedAt, expiresAt] = [payload.readUInt32BE(16) * 1_000, payload.readUInt32BE(20) * 1_000]
      // To the second it is the row that decides: this only stops what no row should still be looked up for.
      if (now < issuedAt - SKEW_MS || now > expiresAt + SKEW_MS) return null
      return {
        endpointId,
        challengeId: uuidOf(payload.subarray(0, 16)),
        constraintsSha256: new Uint8Array(payload.subarray(24)),
      }
    },
  }
}

function epochAt(time: number): number {
  return Math.max(0, Math.floor((time - FIRST_CHANGE) / EPOCH_MS) + 1)
}

/** Challenges live a day and epochs ninety, so that the one before is enough; and the next, if it is about to begin. */
function acceptedEpochs(now: number): number[] {
  const epoch = epochAt(now)
  return [...new Set([epochAt(now + SKEW_MS), epoch, Math.max(0, epoch - 1)])]
}

function boundTo(endpointId: string): Buffer {
  return Buffer.from(`SC1|${endpointId}`, 'utf8')
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

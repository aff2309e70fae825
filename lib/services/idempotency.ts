/** One Idempotency-Key, one piece of work, one answer: for callers who must ask again after a lost reply. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { IdempotencyStore } from './access-store'
import type { AccessService } from './access-types'

export interface IdempotencyDeps {
  store: IdempotencyStore
  clock: () => Date
}

/** A claim this old without an answer was left by a crash. */
const STALE_SECONDS = 60
const KEPT_SECONDS = 24 * 3600
const NONCE_BYTES = 12
const TAG_BYTES = 16

interface Secrets {
  apiKey: string
  idempotencyKey: string
}

export function createIdempotency({ store, clock }: IdempotencyDeps): Pick<AccessService, 'idempotent'> {
  return {
    async idempotent(actor, secrets, requestHash, work) {
      if (actor.type !== 'service' || actor.id === null) throw new Refusal('forbidden', 'Only an API key can do this.')
      if (!/^[\x21-\x7e]{1,255}$/.test(secrets.idempotencyKey)) {
        throw new Refusal('invalid_input', 'Idempotency-Key is 1 to 255 printable characters without spaces.')
      }
      const claimedAt = clock()
      const request = { apiKeyId: actor.id, keyHash: hashOf(secrets.idempotencyKey) }
      const standing = await store.claim({ ...request, requestHash }, claimedAt, {
        staleBefore: secondsBefore(claimedAt, STALE_SECONDS),
        expiredBefore: secondsBefore(claimedAt, KEPT_SECONDS),
      })
      if (standing !== 'mine') return replay(standing, secrets, requestHash)

      const mine = { ...request, claimedAt }
      const answer = await orRelease(work, () => store.release(mine))
      // A refusal is not kept: the caller may repair the request and use the key again.
      if (answer.status >= 400) await store.release(mine)
      else await store.finish(mine, { status: answer.status, sealedBody: seal(answer, secrets, requestHash) })
      return { ...answer, replayed: false }
    },
  }
}

async function orRelease<T>(work: () => Promise<T>, release: () => Promise<void>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await release()
    throw error
  }
}

function replay(
  standing: { requestHash: Uint8Array; status: number | null; sealedBody: Uint8Array | null },
  secrets: Secrets,
  requestHash: Uint8Array,
): { status: number; body: string; replayed: true } {
  if (Buffer.compare(standing.requestHash, requestHash) !== 0) {
    throw new Refusal('conflict', 'This Idempotency-Key was used for another request. Use a new one.', {
      reason: 'idempotency_key_reused',
    })
  }
  if (standing.status === null || standing.sealedBody === null) {
    throw new Refusal('conflict', 'The same request is still running. Ask again in a few seconds.', {
      reason: 'still_running',
      retryAfterSeconds: 5,
    })
  }
  const body = open(standing.sealedBody, standing.status, secrets, requestHash)
  return { status: standing.status, body, replayed: true }
}

/** An answer may hold a challenge: only who presents both the API key and the Idempotency-Key can open it. */
function sealingKey({ apiKey, idempotencyKey }: Secrets): Uint8Array {
  // Each part hashed first, so that no two pairs run together into the same bytes.
  const material = Buffer.concat([hashOf(`api-key ${apiKey}`), hashOf(`idempotency-key ${idempotencyKey}`)])
  return new Uint8Array(hkdfSync('sha256', material, new Uint8Array(32), 'latchkey/idempotent-answer/v1', 32))
}

function seal(answer: { status: number; body: string }, secrets: Secrets, requestHash: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secrets), nonce)
  cipher.setAAD(additionalData(answer.status, requestHash))
  const sealed = Buffer.concat([cipher.update(answer.body, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()])
}

function open(sealed: Uint8Array, status: number, secrets: Secrets, requestHash: Uint8Array): string {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(-TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(secrets), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData(status, requestHash)).setAuthTag(tag)
  const body = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  return body.toString('utf8')
}

/** Binds the answer to its status and request. */
function additionalData(status: number, requestHash: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${status} `), requestHash])
}

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text, 'utf8').digest()
}

function secondsBefore(moment: Date, seconds: number): Date {
  return new Date(moment.getTime() - seconds * 1000)
}

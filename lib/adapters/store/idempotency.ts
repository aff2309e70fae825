/** Idempotency keys in Postgres: the primary key decides who does the work. */
import type { IdempotencyStore } from '@/lib/services/access-store'
import type { Database } from './database'

export function idempotencyStore(db: Database): IdempotencyStore {
  return {
    async claim({ apiKeyId, keyHash, requestHash }, now, { staleBefore, expiredBefore }) {
      // Between our insert and our reading, the holder may give its claim back: then it is ours to take.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const claimed = await db.$executeRaw`
          insert into idempotent_request as standing (api_key_id, key_hash, request_hash, created_at)
          values (${apiKeyId}::uuid, ${keyHash}, ${requestHash}, ${now}::timestamptz)
          on conflict (api_key_id, key_hash) do update set
            request_hash = excluded.request_hash, created_at = excluded.created_at, status = null, sealed_body = null
          where standing.created_at < ${expiredBefore}::timestamptz
            or (standing.status is null and standing.created_at < ${staleBefore}::timestamptz
                and standing.request_hash = excluded.request_hash)`
        if (claimed === 1) return 'mine'
        const standing = await db.idempotentRequest.findUnique({
          where: { apiKeyId_keyHash: { apiKeyId, keyHash: new Uint8Array(keyHash) } },
          select: { requestHash: true, status: true, sealedBody: true },
        })
        if (standing) return standing
      }
      return { requestHash, status: null, sealedBody: null }
    },

    async finish({ apiKeyId, keyHash, claimedAt }, { status, sealedBody }) {
      await db.idempotentRequest.updateMany({
        where: { apiKeyId, keyHash: new Uint8Array(keyHash), createdAt: claimedAt, status: null },
        data: { status, sealedBody: new Uint8Array(sealedBody) },
      })
    },

    async release({ apiKeyId, keyHash, claimedAt }) {
      await db.idempotentRequest.deleteMany({
        where: { apiKeyId, keyHash: new Uint8Array(keyHash), createdAt: claimedAt, status: null },
      })
    },
  }
}

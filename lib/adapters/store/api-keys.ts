/** API keys in Postgres. */
import type { ApiKeyStore } from '@/lib/services/access-store'
import type { ApiKeyView } from '@/lib/services/access-types'
import { type Database, transact } from './database'

const API_KEY_VIEW = {
  id: true,
  name: true,
  role: true,
  hint: true,
  createdAt: true,
  createdBy: true,
  expiresAt: true,
  lastUsedAt: true,
  revokedAt: true,
} as const

export function apiKeyStore(db: Database): ApiKeyStore {
  return {
    async apiKeys() {
      return db.apiKey.findMany({ select: API_KEY_VIEW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] })
    },

    createApiKey: (key, events) =>
      transact(db, async (tx) => {
        const { id, name, role, hint, createdAt, createdBy, expiresAt } = key
        const keyHash = new Uint8Array(key.keyHash)
        await tx.apiKey.create({ data: { id, name, role, keyHash, hint, createdAt, createdBy, expiresAt } })
        return { result: undefined, events }
      }),

    revokeApiKey: (id, now, eventsOf) =>
      transact(db, async (tx) => {
        const { count } = await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } })
        const key = await tx.apiKey.findUnique({ where: { id }, select: API_KEY_VIEW })
        return { result: key, events: key && count === 1 ? eventsOf(key) : [] }
      }),

    async touchApiKey(keyHash, now) {
      const [key] = await db.$queryRaw<ApiKeyView[]>`
        with found as (select * from api_key where key_hash = ${keyHash}), used as (
          update api_key set last_used_at = ${now}::timestamptz from found
          where api_key.id = found.id and api_key.revoked_at is null and api_key.expires_at > ${now}::timestamptz
            and (api_key.last_used_at is null or api_key.last_used_at <= ${now}::timestamptz - interval '1 minute')
        )
        select id::text, name, role::text, hint, created_at as "createdAt", created_by as "createdBy",
          expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"
        from found`
      return key ?? null
    },
  }
}

/** API keys in Postgres. */
import type { ApiKeyStore } from '@/lib/services/access-store'
import type { ApiKeyView } from '@/lib/services/access-types'
import { type Database, transact } from './database'
import type { Prisma } from './generated/client'

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
  scoped: true,
  endpoints: {
    select: { endpoint: { select: { slug: true, name: true } } },
    orderBy: { endpoint: { slug: 'asc' } },
  },
  limitedToGroups: true,
  groups: { select: { group: { select: { slug: true, name: true } } }, orderBy: { group: { slug: 'asc' } } },
} as const satisfies Prisma.ApiKeySelect

export function apiKeyStore(db: Database): ApiKeyStore {
  return {
    async apiKeys() {
      const rows = await db.apiKey.findMany({ select: API_KEY_VIEW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] })
      return rows.map(viewOf)
    },

    createApiKey: (key, events) =>
      transact<Awaited<ReturnType<ApiKeyStore['createApiKey']>>>(db, async (tx) => {
        const { id, name, role, hint, createdAt, createdBy, expiresAt } = key
        const keyHash = new Uint8Array(key.keyHash)
        const known = await tx.endpoint.findMany({
          where: { slug: { in: [...(key.endpoints ?? [])] } },
          select: { id: true },
        })
        if (known.length !== (key.endpoints ?? []).length) return { result: 'endpoint_unknown', events: [] }
        const groups = await tx.group.findMany({
          where: { slug: { in: [...(key.groups ?? [])] } },
          select: { id: true },
        })
        if (groups.length !== (key.groups ?? []).length) return { result: 'group_unknown', events: [] }
        const row = await tx.apiKey.create({
          data: {
            ...{ id, name, role, keyHash, hint, createdAt, createdBy, expiresAt },
            scoped: key.endpoints !== null,
            endpoints: { create: known.map((endpoint) => ({ endpointId: endpoint.id })) },
            limitedToGroups: key.groups !== null,
            groups: { create: groups.map((group) => ({ groupId: group.id })) },
          },
          select: API_KEY_VIEW,
        })
        return { result: viewOf(row), events }
      }),

    revokeApiKey: (id, now, eventsOf) =>
      transact(db, async (tx) => {
        const { count } = await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } })
        const row = await tx.apiKey.findUnique({ where: { id }, select: API_KEY_VIEW })
        const key = row && viewOf(row)
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
          expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt",
          case when scoped then coalesce((select jsonb_agg(jsonb_build_object('slug', e.slug, 'name', e.name) order by e.slug)
            from api_key_endpoint k join endpoint e on e.id = k.endpoint_id where k.api_key_id = found.id), '[]'::jsonb) end as endpoints,
          case when limited_to_groups then coalesce((select jsonb_agg(jsonb_build_object('slug', g.slug, 'name', g.name) order by g.slug)
            from api_key_group k join "group" g on g.id = k.group_id where k.api_key_id = found.id), '[]'::jsonb) end as groups
        from found`
      return key ?? null
    },
  }
}

function viewOf({
  scoped,
  endpoints,
  limitedToGroups,
  groups,
  ...row
}: Prisma.ApiKeyGetPayload<{ select: typeof API_KEY_VIEW }>): ApiKeyView {
  return {
    ...row,
    endpoints: scoped ? endpoints.map(({ endpoint }) => endpoint) : null,
    groups: limitedToGroups ? groups.map(({ group }) => group) : null,
  }
}

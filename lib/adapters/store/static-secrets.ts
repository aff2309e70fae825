/** Static secrets in Postgres. Uses are counted under the lock of the secret's row, from the grants that rest on it. */
import {
  roomFor,
  type SecretStanding,
  type StaticSecretState,
  type StaticSecretStore,
  type StaticUse,
} from '@/lib/services/static-secrets'
import { bytes, isUniqueViolation } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { insertGrant } from './grants'
import { guarded } from './outage'

export function staticSecretStore(database: Database): StaticSecretStore {
  return guarded<StaticSecretStore>({
    async endpoint(slug) {
      const [row] = await database.$queryRaw<{ id: string; slug: string; groupSlug: string }[]>`
        select e.id, e.slug, g.slug as "groupSlug" from endpoint e join "group" g on g.id = e.group_id where e.slug = ${slug}`
      return row ?? null
    },

    list: (endpointId) => readViews(database, Prisma.sql`s.endpoint_id = ${endpointId}::uuid`),

    async add(secret, mostActive, created) {
      return transact(database, async (transaction) => {
        await transaction.$queryRaw`select id from endpoint where id = ${secret.endpointId}::uuid for no key update`
        const [active] = await transaction.$queryRaw<{ count: number }[]>`
          select count(*)::int as count from static_secret s
          where s.endpoint_id = ${secret.endpointId}::uuid and ${stateOf} = 'active'`
        if (active === undefined || active.count >= mostActive) return { result: false, events: [] }
        await transaction.$executeRaw`
          insert into static_secret (id, endpoint_id, secret_hash, lookup, hint, subject_template, allowed_addresses, max_uses, per_hour, created_by, expires_at)
          values (${secret.id}::uuid, ${secret.endpointId}::uuid, ${secret.secretHash}, ${bytes(secret.lookup)}, ${secret.hint}, ${secret.subjectTemplate},
            ${secret.allowedAddresses}::text[], ${secret.maxUses}::int, ${secret.perHour}::int, ${secret.createdBy},
            now() + make_interval(days => ${secret.expiresInDays}::int))`
        return { result: true, events: [created] }
      }).catch((error: unknown) => {
        // Two values with the same first octets of their hash: drawn once in the life of the universe.
        if (isUniqueViolation(error)) return false
        throw error
      })
    },

    async revoke(endpointId, id, event) {
      const revoked = await transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update static_secret set revoked_at = now()
          where id = ${id}::uuid and endpoint_id = ${endpointId}::uuid and revoked_at is null`
        return { result: count === 1, events: count === 1 ? [event] : [] }
      })
      if (!revoked) return null
      const [view] = await readViews(database, Prisma.sql`s.id = ${id}::uuid`)
      return view ?? null
    },

    async find(endpointId, lookup, handle) {
      const [row] = await database.$queryRaw<
        {
          id: string
          secretHash: string
          hint: string
          state: StaticSecretState
          subjectTemplate: string
          allowedAddresses: string[]
          held: boolean
        }[]
      >`
        select s.id, s.secret_hash as "secretHash", s.hint, ${stateOf} as state, s.subject_template as "subjectTemplate", s.allowed_addresses as "allowedAddresses",
          exists (select from challenge c where ${restsOn} and c.handle_hash = ${bytes(handle)} and c.state = 'reserved') as held
        from static_secret s where s.endpoint_id = ${endpointId}::uuid and s.lookup = ${bytes(lookup)}`
      return row ?? null
    },

    standing: (id, handle) => readStanding(database, id, handle),

    async use(id, grant, events) {
      return transact<StaticUse>(database, async (transaction) => {
        const room = await lockedRoom(transaction, id, grant.handleHash)
        if (room !== 'room') return { result: { outcome: room }, events: [] }
        const reservation = await insertGrant(transaction, grant)
        if (reservation === null) return { result: { outcome: 'spent' }, events: [] }
        await transaction.$executeRaw`update static_secret set last_used_at = now() where id = ${id}::uuid`
        return { result: { outcome: 'granted', reservation }, events }
      })
    },
  })
}

/** Locks the secret, so that the count that follows is true until this transaction ends. */
async function lockedRoom(
  transaction: Transaction,
  id: string,
  handle: Uint8Array,
): Promise<ReturnType<typeof roomFor>> {
  await transaction.$queryRaw`select id from static_secret where id = ${id}::uuid for no key update`
  const standing = await readStanding(transaction, id, handle)
  return standing === null ? 'revoked' : roomFor(standing)
}

async function readStanding(
  database: Database | Transaction,
  id: string,
  handle: Uint8Array,
): Promise<SecretStanding | null> {
  const [row] = await database.$queryRaw<SecretStanding[]>`
    select s.max_uses as "maxUses", s.per_hour as "perHour", s.expires_at <= now() as expired, s.revoked_at is not null as revoked,
      s.expires_at as "expiresAt", count(c.id)::int as uses,
      count(c.id) filter (where c.created_at > now() - interval '1 hour')::int as recent,
      coalesce(bool_or(c.handle_hash = ${bytes(handle)} and c.state = 'reserved'), false) as held
    from static_secret s left join challenge c on ${restsOn} and ${counts}
    where s.id = ${id}::uuid group by s.id`
  return row ?? null
}

const restsOn = Prisma.sql`c.origin = 'static' and c.evidence->>'staticSecretId' = s.id::text`
const counts = Prisma.sql`c.state in ('reserved', 'consumed')`
const uses = Prisma.sql`(select count(*)::int from challenge c where ${restsOn} and ${counts})`
const stateOf = Prisma.sql`(case when s.revoked_at is not null then 'revoked' when s.expires_at <= now() then 'expired'
  when ${uses} >= s.max_uses then 'exhausted' else 'active' end)`

async function readViews(database: Database, condition: Prisma.Sql) {
  const rows = await database.$queryRaw<
    (Omit<Awaited<ReturnType<StaticSecretStore['list']>>[number], 'endpoint'> & { slug: string; name: string })[]
  >`
    select s.id, ${stateOf} as state, e.slug, e.name, s.hint, s.subject_template as "subjectTemplate", s.allowed_addresses as "allowedAddresses",
      s.max_uses as "maxUses", ${uses} as uses, s.per_hour as "perHour", s.created_by as "createdBy", s.created_at as "createdAt",
      s.expires_at as "expiresAt", s.revoked_at as "revokedAt", s.last_used_at as "lastUsedAt"
    from static_secret s join endpoint e on e.id = s.endpoint_id
    where ${condition}
    order by s.created_at desc, s.id`
  return rows.map(({ slug, name, ...rest }) => ({ ...rest, endpoint: { slug, name } }))
}

/** Accounts of challenge pages in Postgres. What they may mint is counted where it is minted (challenges.ts). */
import type {
  ChallengePageStore,
  PageAccountSettings,
  PageRefusal,
  PresentedAccount,
  StoredPageAccount,
} from '@/lib/services/challenge-page-types'
import { bytes, isUniqueViolation } from './certificate-rows'
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, transact } from './database'
import { defaultEndpointId } from './default-endpoint'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function challengePageStore(database: Database): ChallengePageStore {
  return guarded<ChallengePageStore>({
    async endpoint(slug) {
      const id = slug === '' ? await defaultEndpointId(database) : null
      if (slug === '' && id === null) return null
      const which = slug === '' ? Prisma.sql`e.id = ${id}::uuid` : Prisma.sql`e.slug = ${slug}`
      const [row] = await database.$queryRaw<NonNullable<Awaited<ReturnType<ChallengePageStore['endpoint']>>>[]>`
        select e.id, e.slug, g.slug as "groupSlug", e.enabled, e.policy, a.certificate_der as "issuerDer"
        from endpoint e join "group" g on g.id = e.group_id join authority a on a.id = e.authority_id
        where ${which} and e.protocol = 'scep'`
      return row ?? null
    },

    async list(endpointId) {
      const rows = await database.$queryRaw<AccountRow[]>`
        select a.id, ${SETTINGS}, a.disabled_at is null as enabled, a.secret_since as "secretSince",
          case when a.previous_secret_until > now() then a.previous_secret_until end as "previousSecretUntil",
          a.created_by as "createdBy", a.created_at as "createdAt", a.last_used_at as "lastUsedAt", a.last_refusal as "refusal",
          a.last_refused_at as "refusedAt",
          (select count(*)::int from ${UNSPENT} where u.page_account_id = a.id and ${isPending} and u.expires_at > now()) as pending
        from challenge_page_account a
        where a.endpoint_id = ${endpointId}::uuid
        order by lower(a.name), a.id`
      return rows.map(({ refusal, refusedAt, ...account }) => ({
        ...account,
        lastRefusal: refusal === null || refusedAt === null ? null : { reason: refusal, at: refusedAt },
      }))
    },

    async add(account, most, created) {
      return unlessTaken(() =>
        transact(database, async (transaction) => {
          await transaction.$queryRaw`select id from endpoint where id = ${account.endpointId}::uuid for no key update`
          const count = await transaction.challengePageAccount.count({ where: { endpointId: account.endpointId } })
          if (count >= most) return { result: 'full' as const, events: [] }
          await transaction.challengePageAccount.create({
            data: { ...account, secretHash: bytes(account.secretHash) },
            select: { id: true },
          })
          return { result: 'added' as const, events: [created] }
        }),
      )
    },

    async change(endpointId, id, decide) {
      return unlessTaken(() =>
        transact(database, async (transaction) => {
          const [before] = await transaction.$queryRaw<(PageAccountSettings & { enabled: boolean })[]>`
            select ${SETTINGS}, a.disabled_at is null as enabled from challenge_page_account a
            where a.id = ${id}::uuid and a.endpoint_id = ${endpointId}::uuid for no key update`
          if (before === undefined) return { result: 'unknown' as const, events: [] }
          const { after, event } = decide(before)
          if (event === null) return { result: 'changed' as const, events: [] }
          const { enabled, ...settings } = after
          await transaction.challengePageAccount.update({
            where: { id },
            data: { ...settings, ...(enabled === before.enabled ? {} : { disabledAt: enabled ? null : new Date() }) },
            select: { id: true },
          })
          return { result: 'changed' as const, events: [event] }
        }),
      )
    },

    async replaceSecret(endpointId, id, secretHash, graceHours, replaced) {
      return transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update challenge_page_account set secret_hash = ${bytes(secretHash)}, secret_since = now(),
            previous_secret_hash = case when ${graceHours}::int > 0 then secret_hash end,
            previous_secret_until = case when ${graceHours}::int > 0 then now() + make_interval(hours => ${graceHours}::int) end
          where id = ${id}::uuid and endpoint_id = ${endpointId}::uuid`
        return { result: count === 1, events: count === 1 ? [replaced] : [] }
      })
    },

    async presented(endpointId, user) {
      const [row] = await database.$queryRaw<PresentedAccount[]>`
        select a.id, ${SETTINGS}, a.disabled_at is null as enabled, a.secret_hash as "secretHash",
          case when a.previous_secret_until > now() then a.previous_secret_hash end as "previousSecretHash"
        from challenge_page_account a where a.endpoint_id = ${endpointId}::uuid and a."user" = ${user}`
      return row ?? null
    },

    async refused(id, reason) {
      await database.$executeRaw`
        update challenge_page_account set last_refusal = ${reason}, last_refused_at = now() where id = ${id}::uuid`
    },
  })
}

interface AccountRow extends Omit<StoredPageAccount, 'lastRefusal'> {
  refusal: PageRefusal | null
  refusedAt: Date | null
}

const SETTINGS = Prisma.sql`a.name, a."user", a.allowed_addresses as "allowedAddresses", a.encoding, a.format, a.ttl_minutes as "ttlMinutes",
  a.most_pending as "mostPending", a.subject_template as "subjectTemplate"`

async function unlessTaken<T>(write: () => Promise<T>): Promise<T | 'user_taken'> {
  try {
    return await write()
  } catch (error) {
    if (isUniqueViolation(error)) return 'user_taken'
    throw error
  }
}

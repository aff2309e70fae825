/** Staged issuers in Postgres: unique indexes allow one per group, and one statement each changes who issues. */
import type { Actor } from '@/lib/services/actor'
import type { RolloverGroup, RolloverStore } from '@/lib/services/rollover'
import {
  holdGroup,
  holdIssuer,
  insertAuthority,
  insertIntent,
  insertRegistrationAuthority,
  isUniqueViolation,
  presentIssuer,
  readAuthorities,
} from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'

export function rolloverStore(database: Database): RolloverStore {
  return {
    group: (slug, now) => readGroup(database, slug, now),

    async staged() {
      const rows = await database.$queryRaw<{ slug: string }[]>`
        select g.slug from authority a join "group" g on g.id = a.group_id where a.status = 'staged' order by a.activates_at`
      return rows.map(({ slug }) => slug)
    },

    async slugs() {
      const rows = await database.$queryRaw<{ slug: string }[]>`
        select slug from "group" union select slug from endpoint union select slug from authority`
      return new Set(rows.map(({ slug }) => slug))
    },

    async stage(authority, { answersScep }, intent, events) {
      try {
        return await transact(database, async (transaction) => {
          await holdGroup(transaction, authority.groupId)
          if (!answersScep && (await answersByIssuer(transaction, authority.groupId)))
            return { result: 'cannot_answer' as const, events: [] }
          await insertAuthority(transaction, authority)
          await insertIntent(transaction, intent)
          return { result: 'staged' as const, events }
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        const taken = await database.authority.count({ where: { slug: authority.slug } })
        return taken > 0 ? 'slug_taken' : 'staged_already'
      }
    },

    async waiting(slug) {
      const [issuer] = await readAuthorities(database, Prisma.sql`a.slug = ${slug} and ${WAITING}`)
      return issuer ?? null
    },

    async stageWaiting(authorityId, { groupId, replacesId, activatesAt, answersScep }, events) {
      try {
        return await transact(database, async (transaction) => {
          await holdGroup(transaction, groupId)
          if (!answersScep && (await answersByIssuer(transaction, groupId)))
            return { result: 'cannot_answer' as const, events: [] }
          const staged = await transaction.$executeRaw`
            update authority a set status = 'staged', group_id = ${groupId}::uuid, replaces_id = ${replacesId}::uuid,
              activates_at = ${activatesAt}
            where a.id = ${authorityId}::uuid and ${WAITING}`
          if (staged !== 1) return { result: 'issuer_taken' as const, events: [] }
          await transaction.$executeRaw`
            update certificate set group_id = ${groupId}::uuid
            where id = (select certificate_id from authority where id = ${authorityId}::uuid)`
          return { result: 'staged' as const, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return 'staged_already'
        throw error
      }
    },

    async insertRegistrationAuthority(row, intent, events) {
      try {
        return await transact(database, async (transaction) => {
          if (!(await holdIssuer(transaction, intent.authorityId, 'staged'))) return { result: false, events: [] }
          await insertRegistrationAuthority(transaction, row)
          await insertIntent(transaction, intent)
          return { result: true, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    async reschedule(authorityId, activatesAt, events) {
      return transact(database, async (transaction) => {
        const { count } = await transaction.authority.updateMany({
          where: { id: authorityId, status: 'staged' },
          data: { activatesAt },
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      })
    },

    async cancel(authorityId, now, actor, events) {
      return transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update authority set status = 'retired', retired_at = ${now} where id = ${authorityId}::uuid and status = 'staged'`
        if (count === 0) return { result: false, events: [] }
        await transaction.$executeRaw`
          update registration_authority set retired_at = ${now} where authority_id = ${authorityId}::uuid and retired_at is null`
        await revokeIssuer(transaction, authorityId, now, actor)
        return { result: true, events }
      })
    },

    async activate(authorityId, { now, answersScep }, events) {
      return transact(database, async (transaction) => {
        // First the locks, then a statement that sees what whoever held them has done.
        await transaction.$queryRaw`
          select a.id from authority a join authority staged on a.id in (staged.id, staged.replaces_id)
          where staged.id = ${authorityId}::uuid order by a.id for no key update of a`
        const [row] = await transaction.$queryRaw<{ replaces_id: string }[]>`
          update authority next set retired_at = coalesce(next.retired_at, ${now}),
            status = case next.status when 'revoked' then 'revoked' else 'retired' end
          from authority staged
          where staged.id = ${authorityId}::uuid and staged.status = 'staged' and staged.certificate_der is not null
            and next.id = staged.replaces_id and next.status in ('active', 'revoked')
            and (${answersScep} or not exists (
              select from endpoint e where e.authority_id = next.id and e.scep_identity = 'ca'))
            and not exists (
              select from registration_authority r join endpoint e on e.id = r.endpoint_id
              where e.authority_id = next.id and r.authority_id is null and r.retired_at is null and r.certificate_der is null)
            and not exists (
              select from endpoint e where e.authority_id = next.id and not exists (
                select from registration_authority r
                where r.endpoint_id = e.id and r.authority_id = staged.id and r.retired_at is null and r.certificate_der is not null))
          returning next.id as replaces_id`
        if (row === undefined) return { result: false, events: [] }
        await transaction.$executeRaw`update authority set status = 'active' where id = ${authorityId}::uuid`
        await transaction.$executeRaw`
          update registration_authority set retired_at = ${now}
          where authority_id is null and retired_at is null and certificate_der is not null
            and endpoint_id in (select id from endpoint where authority_id = ${row.replaces_id}::uuid)`
        await transaction.$executeRaw`
          update registration_authority set authority_id = null where authority_id = ${authorityId}::uuid and retired_at is null`
        await transaction.$executeRaw`
          update endpoint set authority_id = ${authorityId}::uuid where authority_id = ${row.replaces_id}::uuid`
        return { result: true, events }
      })
    },
  }
}

const WAITING = Prisma.sql`a.kind = 'issuer' and a.status = 'active' and a.group_id is null and a.key_id is not null
  and a.certificate_der is not null`

/** What was announced and will never come: relying parties hear it from the root's CRL. */
async function revokeIssuer(
  transaction: Prisma.TransactionClient,
  authorityId: string,
  now: Date,
  actor: Actor,
): Promise<void> {
  await transaction.$executeRaw`
    with revoked as (
      update certificate c set revoked_at = ${now}, revocation_reason = 'cessationOfOperation', revoked_by = ${actor.name},
        revocation_comment = 'The rollover was cancelled.'
      from authority a where a.id = ${authorityId}::uuid and c.id = a.certificate_id and c.state = 'issued' and c.revoked_at is null
      returning c.authority_id
    )
    update authority root set crl_due_since = greatest(${now}, root.crl_due_since + interval '1 millisecond') from revoked where root.id = revoked.authority_id`
}

async function readGroup(database: Database, slug: string, now: Date): Promise<RolloverGroup | null> {
  const group = await database.group.findUnique({ where: { slug }, select: { id: true, slug: true, name: true } })
  const organisation = await database.organisation.findUnique({ where: { id: 1 }, select: { name: true } })
  if (group === null || organisation === null) return null
  const [root] = await readAuthorities(database, Prisma.sql`a.id = (select root_id from organisation where id = 1)`)
  const issuers = await readAuthorities(database, Prisma.sql`a.group_id = ${group.id}::uuid and a.kind = 'issuer'`)
  const current = presentIssuer(issuers)
  if (root === undefined) return null
  const staged = issuers.find(({ status }) => status === 'staged')
  return {
    ...group,
    organisation: organisation.name,
    root,
    current,
    staged: staged === undefined ? null : { ...staged, activatesAt: await activation(database, staged.id) },
    retired: issuers.filter(({ status, id }) => (status === 'retired' || status === 'revoked') && id !== current?.id),
    issuers: issuers.length,
    answersByIssuer: await answersByIssuer(database, group.id),
    ...(await readMissing(database, current?.id ?? null, staged?.id ?? null)),
    devices: await readDevices(database, group.id, current?.id ?? null, now),
  }
}

async function answersByIssuer(database: Database | Transaction, groupId: string): Promise<boolean> {
  return (await database.endpoint.count({ where: { groupId, scepIdentity: 'ca' } })) > 0
}

async function activation(database: Database, authorityId: string): Promise<Date> {
  const row = await database.authority.findUniqueOrThrow({ where: { id: authorityId }, select: { activatesAt: true } })
  if (row.activatesAt === null) throw new Error(`staged issuer ${authorityId} has no date`)
  return row.activatesAt
}

async function readMissing(
  database: Database,
  currentId: string | null,
  stagedId: string | null,
): Promise<Pick<RolloverGroup, 'waiting' | 'unfinished'>> {
  if (currentId === null || stagedId === null) return { waiting: [], unfinished: [] }
  const rows = await database.$queryRaw<
    { endpoint_id: string; certificate_id: string | null; certificate_der: Uint8Array | null }[]
  >`
    select e.id as endpoint_id, r.certificate_id, r.certificate_der from endpoint e
    left join registration_authority r on r.endpoint_id = e.id and r.authority_id = ${stagedId}::uuid and r.retired_at is null
    where e.authority_id = ${currentId}::uuid order by e.created_at`
  return {
    waiting: rows.filter(({ certificate_id }) => certificate_id === null).map(({ endpoint_id }) => endpoint_id),
    unfinished: rows.flatMap(({ certificate_id, certificate_der }) =>
      certificate_id !== null && certificate_der === null ? [{ certificateId: certificate_id }] : [],
    ),
  }
}

/** A device is a subject: it has moved when it holds a valid certificate of the issuer that issues now. */
async function readDevices(
  database: Database,
  groupId: string,
  currentId: string | null,
  now: Date,
): Promise<{ total: number; moved: number }> {
  const [row] = await database.$queryRaw<{ total: number; moved: number }[]>`
    select count(distinct subject_der)::int as total,
           (count(distinct subject_der) filter (where authority_id = ${currentId}::uuid))::int as moved
    from certificate
    where group_id = ${groupId}::uuid and kind = 'leaf' and state = 'issued' and revoked_at is null and not_after > ${now}`
  return row ?? { total: 0, moved: 0 }
}

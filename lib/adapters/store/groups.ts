/** Groups with their issuers, endpoints and counts. */
import type { GroupName } from '@/lib/services/access-types'
import type { AuthorityRecord } from '@/lib/services/authorities'
import type { ProfileSettings } from '@/lib/services/endpoint-settings'
import type { EndpointStore } from '@/lib/services/endpoints'
import { foldedName } from '@/lib/services/group-plan'
import type { EndpointRecord, GroupStore, GroupView } from '@/lib/services/groups'
import type { AnsweringIssuer } from '@/lib/services/scep-identity'
import type { KeyAlgorithm } from '@/lib/services/signer'
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
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, type Transaction, transact } from './database'
import { ENDPOINT_SETTINGS, endpointSettings } from './endpoint-rows'
import { Prisma } from './generated/client'

export function groupStore(database: Database): GroupStore & EndpointStore {
  return {
    async organisation() {
      const organisation = await database.organisation.findUnique({
        where: { id: 1 },
        select: { name: true, rootId: true },
      })
      if (organisation === null || organisation.rootId === null) return null
      const [root] = await readAuthorities(database, Prisma.sql`a.id = ${organisation.rootId}::uuid`)
      return root ? { name: organisation.name, root } : null
    },

    async groups(slug) {
      const where = slug === undefined ? {} : { slug }
      const groups = await database.group.findMany({
        where,
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
        select: {
          id: true,
          slug: true,
          name: true,
          createdAt: true,
          retiredAt: true,
          endpoints: { orderBy: { createdAt: 'asc' }, select: ENDPOINT },
        },
      })
      const ids = groups.map(({ id }) => id)
      const issuers = Map.groupBy(
        await readAuthorities(
          database,
          Prisma.sql`a.group_id = any(${ids}::uuid[]) and a.status in ('active', 'revoked')`,
        ),
        ({ groupId }) => groupId,
      )
      return groups.map((group) => ({
        ...group,
        issuer: presentIssuer(issuers.get(group.id) ?? []),
        endpoints: group.endpoints.map(endpointRecord),
      }))
    },

    async endpoints(slug) {
      const endpoints = await database.endpoint.findMany({
        where: slug === undefined ? {} : { slug },
        orderBy: [{ group: { name: 'asc' } }, { createdAt: 'asc' }],
        select: { ...ENDPOINT, group: { select: { slug: true, name: true } } },
      })
      return endpoints.map((endpoint) => ({ ...endpointRecord(endpoint), group: endpoint.group }))
    },

    async authorities(): Promise<AuthorityRecord[]> {
      return readAuthorities(database)
    },

    counts: (ids, now) => readCounts(database, ids, now),

    names: () => readNames(database),

    async slugs() {
      const rows = await database.$queryRaw<{ slug: string }[]>`
        select slug from "group" union select slug from endpoint union select slug from authority`
      return new Set(rows.map(({ slug }) => slug))
    },

    async insert(plan, events) {
      try {
        return await transact(database, async (transaction) => {
          const { group, profile, endpoint, issuerId, newIssuer } = plan
          await transaction.group.create({ data: group, select: { id: true } })
          if (newIssuer !== null) {
            await insertAuthority(transaction, newIssuer.authority)
            await insertIntent(transaction, newIssuer.intent)
          } else if (!(await takeIssuer(transaction, issuerId, group.id))) throw new IssuerTaken()
          await transaction.profile.create({ data: profile, select: { id: true } })
          await transaction.endpoint.create({
            data: {
              ...endpoint,
              groupId: group.id,
              authorityId: issuerId,
              profileId: profile.id,
              createdAt: group.createdAt,
            },
            select: { id: true },
          })
          await insertRegistrationAuthority(transaction, plan.registrationAuthority)
          await insertIntent(transaction, plan.registrationAuthorityIntent)
          return { result: 'inserted' as const, events }
        })
      } catch (error) {
        if (error instanceof IssuerTaken) return 'issuer_taken'
        if (!isUniqueViolation(error)) throw error
        const same = foldedName(plan.group.name)
        return (await readNames(database)).some(({ name }) => foldedName(name) === same) ? 'name_taken' : 'slug_taken'
      }
    },

    async insertEndpoint({ endpoint, profile, ...plan }, events, check) {
      try {
        return await transact(database, async (transaction) => {
          const { retired } = await holdGroup(transaction, endpoint.groupId)
          if (retired && endpoint.enabled) return { result: 'group_retired' as const, events: [] }
          check(await readStaged(transaction, endpoint.groupId))
          if (!(await holdIssuer(transaction, endpoint.authorityId, 'active')))
            return { result: 'issuer_retired' as const, events: [] }
          await transaction.profile.create({ data: profile, select: { id: true } })
          await transaction.endpoint.create({ data: { ...endpoint, profileId: profile.id }, select: { id: true } })
          await insertRegistrationAuthority(transaction, plan.registrationAuthority)
          await insertIntent(transaction, plan.registrationAuthorityIntent)
          return { result: 'inserted' as const, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return 'slug_taken'
        if (isForeignKeyViolation(error)) return 'validator_unknown'
        throw error
      }
    },

    async updateEndpoint(slug, decide) {
      try {
        return await transact(database, async (transaction) => {
          const found = await transaction.endpoint.findUnique({ where: { slug }, select: { id: true, groupId: true } })
          if (found === null) return { result: 'unknown' as const, events: [] }
          const { id, groupId } = found
          const { retired } = await holdGroup(transaction, groupId)
          const [locked] = await transaction.$queryRaw<(IssuerRow & { revoked: boolean })[]>`
            select a.key_algorithm, a.certificate_der, a.status = 'revoked' as revoked
            from endpoint e join authority a on a.id = e.authority_id
            where e.id = ${id}::uuid for no key update of e`
          if (locked === undefined) throw new Error(`endpoint ${id} is gone`)
          const { profileId, ...row } = await transaction.endpoint.findUniqueOrThrow({ where: { id }, select: STATE })
          const before = { ...row, ...endpointSettings(row) }
          const next = await readStaged(transaction, groupId)
          const issuer = { ...answeringIssuer(locked), revoked: locked.revoked }
          const { after, events } = decide({ id, before, issuer, next })
          if (retired && after.enabled) return { result: 'group_retired' as const, events: [] }
          const { profile, ...endpoint } = after
          await transaction.endpoint.update({ where: { id }, data: endpoint, select: { id: true } })
          await transaction.profile.update({ where: { id: profileId }, data: profile, select: { id: true } })
          return { result: 'updated' as const, events }
        })
      } catch (error) {
        if (isForeignKeyViolation(error)) return 'validator_unknown'
        throw error
      }
    },
  }
}

/** Undoes the group that was to be inserted. */
class IssuerTaken extends Error {}

/** An issuer that came from elsewhere gets its group: of two groups, one. */
async function takeIssuer(transaction: Transaction, issuerId: string, groupId: string): Promise<boolean> {
  const taken = await transaction.$executeRaw`
    update authority set group_id = ${groupId}::uuid
    where id = ${issuerId}::uuid and kind = 'issuer' and status = 'active' and group_id is null and key_id is not null
      and certificate_der is not null`
  if (taken !== 1) return false
  await transaction.$executeRaw`
    update certificate set group_id = ${groupId}::uuid
    where id = (select certificate_id from authority where id = ${issuerId}::uuid)`
  return true
}

interface IssuerRow {
  key_algorithm: string
  certificate_der: Uint8Array | null
}

function answeringIssuer(row: IssuerRow): AnsweringIssuer {
  return { keyAlgorithm: row.key_algorithm as KeyAlgorithm, certificateDer: row.certificate_der }
}

async function readStaged(transaction: Transaction, groupId: string): Promise<AnsweringIssuer | null> {
  const [row] = await transaction.$queryRaw<IssuerRow[]>`
    select key_algorithm, certificate_der from authority where group_id = ${groupId}::uuid and status = 'staged'`
  return row === undefined ? null : answeringIssuer(row)
}

function readNames(database: Database): Promise<GroupName[]> {
  return database.group.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }], select: { slug: true, name: true } })
}

/** The only row of another table that a setting names is the validator. */
function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003'
}

const PROFILE = {
  validityDays: true,
  backdateMinutes: true,
  minRsaBits: true,
  ellipticCurves: true,
  extendedKeyUsage: true,
} as const satisfies Record<keyof ProfileSettings, true>

const STATE = {
  ...ENDPOINT_SETTINGS,
  name: true,
  enabled: true,
  policy: true,
  challengeTtlMinutes: true,
  profileId: true,
  profile: { select: PROFILE },
} satisfies Prisma.EndpointSelect

const ENDPOINT = {
  id: true,
  slug: true,
  name: true,
  groupId: true,
  authorityId: true,
  policy: true,
  enabled: true,
  challengeTtlMinutes: true,
  ...ENDPOINT_SETTINGS,
  createdAt: true,
  profile: { select: { id: true, name: true, ...PROFILE } },
  registrationAuthorities: {
    where: { retiredAt: null, authorityId: null, certificateDer: { not: null } },
    select: { certificateDer: true, notBefore: true, notAfter: true },
  },
} satisfies Prisma.EndpointSelect

function endpointRecord(row: Prisma.EndpointGetPayload<{ select: typeof ENDPOINT }>): EndpointRecord {
  const { registrationAuthorities, ...endpoint } = row
  const [answering] = registrationAuthorities
  return {
    ...endpoint,
    ...endpointSettings(endpoint),
    protocol: 'scep',
    registrationAuthority: answering?.certificateDer
      ? { certificateDer: answering.certificateDer, notBefore: answering.notBefore, notAfter: answering.notAfter }
      : null,
  }
}

/** "valid" counts what a relying party would accept now, those that expire soon included. */
async function readCounts(
  database: Database,
  groupIds: string[],
  now: Date,
): Promise<Map<string, GroupView['counts']>> {
  const rows = await database.$queryRaw<
    { id: string; certificates: number; valid: number; revoked: number; pending: number }[]
  >`
    select g.id, coalesce(c.certificates, 0) as certificates, coalesce(c.valid, 0) as valid, coalesce(c.revoked,
      0) as revoked,
           coalesce(h.pending, 0) as pending
    from "group" g
    left join (
      select group_id, count(*)::int as certificates, count(revoked_at)::int as revoked,
             count(*) filter (where revoked_at is null and not_before <= ${now} and not_after >= ${now}
               and authority_id not in (select id from authority where status = 'revoked'))::int as valid
      from certificate where group_id = any(${groupIds}::uuid[]) and kind = 'leaf' and state = 'issued'
      group by group_id
    ) c on c.group_id = g.id
    left join lateral (
      select count(*)::int as pending from ${UNSPENT} join endpoint e on e.id = u.endpoint_id
      where e.group_id = g.id and ${isPending} and u.origin = 'minted' and u.expires_at > ${now}
    ) h on true
    where g.id = any(${groupIds}::uuid[])`
  return new Map(
    rows.map(({ id, certificates, valid, revoked, pending }) => [
      id,
      { certificates, valid, revoked, pendingChallenges: pending },
    ]),
  )
}

/** The past of certificates in Postgres: their rows say when they began and ended, past_hold when they paused. */
import type {
  AsOfCount,
  AsOfFilter,
  AsOfPage,
  AsOfRow,
  AsOfStore,
  AuthorityChange,
  CameBy,
  GoneBy,
  GroupComparison,
} from '@/lib/services/as-of'
import type { PolicyObjectType } from '@/lib/services/policy-versions'
import { CERTIFICATE_TABLES } from './certificate-filter'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { named, VERSION_COLUMNS, type VersionRow } from './policy-versions'

export function asOfStore(database: Database): AsOfStore {
  return guarded<AsOfStore>({
    async valid(at, filter, page) {
      const rows = await database.$queryRaw<ListRow[]>`
        select ${LIST_COLUMNS} from ${CERTIFICATE_TABLES}
        where ${LEAF} and ${validAt(at)} and ${within(filter)} and ${beyond(page, at)}
        order by c.created_at desc, c.id desc limit ${page.limit}`
      return rows.map(rowOf)
    },

    async counts(at, filter) {
      // Certificates are counted by ids, which are all that a row is looked at for; names come to the few sums.
      const rows = await database.$queryRaw<CountRow[]>`
        select n.certificates, n.policy_version, ${NAMES}
        from (
          select c.group_id, c.authority_id, c.endpoint_id, c.policy_version, count(*)::int as certificates
          from ${CERTIFICATE_TABLES} where ${LEAF} and ${validAt(at)} and ${within(filter)}
          group by c.group_id, c.authority_id, c.endpoint_id, c.policy_version
        ) n
        join authority a on a.id = n.authority_id
        left join "group" g on g.id = n.group_id
        left join endpoint e on e.id = n.endpoint_id
        order by n.certificates desc, a.slug, e.slug, n.policy_version desc nulls last`
      return rows.map(countOf)
    },

    async compare(from, to, filter) {
      const rows = await database.$queryRaw<ComparisonRow[]>`
        select g.slug as group_slug, g.name as group_name,
          (count(*) filter (where d.va))::int as before, (count(*) filter (where d.vb))::int as after,
          ${sums(['issued', 'renewed', 'released', 'expired', 'revoked', 'held', 'issuer_revoked'])}
        from (
          select c.group_id, v.va, v.vb, case when v.vb and not v.va then ${cameBy(from)} when v.va and not v.vb then ${goneBy(to)} end as cause
          from ${CERTIFICATE_TABLES} cross join lateral (select ${validAt(from)} as va, ${validAt(to)} as vb) v
          where ${LEAF} and c.created_at <= ${to} and c.not_after >= ${from} and (v.va or v.vb) and ${within(filter)}
        ) d
        left join "group" g on g.id = d.group_id
        group by g.id, g.slug, g.name order by lower(g.name), g.slug`
      return rows.map(comparisonOf)
    },

    async changes({ from, to, side }, filter, page) {
      const [other, at, cause] = side === 'came' ? [from, to, cameBy(from)] : [to, from, goneBy(to)]
      const rows = await database.$queryRaw<(ListRow & { cause: CameBy | GoneBy })[]>`
        select ${LIST_COLUMNS}, ${cause} as cause from ${CERTIFICATE_TABLES}
        where ${LEAF} and ${validAt(at)} and not ${validAt(other)} and ${within(filter)} and ${beyond(page, at)}
        order by c.created_at desc, c.id desc limit ${page.limit}`
      return rows.map((row) => ({ ...rowOf(row), cause: row.cause }))
    },

    async policyChanges(from, to, filter, limit) {
      const rows = await database.$queryRaw<
        (VersionRow & { object_type: PolicyObjectType; object_id: string; slug: string; name: string })[]
      >`
        select ${VERSION_COLUMNS}, v.object_type, v.object_id, coalesce(e.slug, g.slug) as slug, coalesce(e.name, g.name) as name
        from policy_version v
        left join endpoint e on v.object_type = 'endpoint' and e.id = v.object_id
        left join "group" g on g.id = coalesce(e.group_id, v.object_id)
        where v.at > ${from} and v.at <= ${to} and not v.found and ${policiesWithin(filter)}
        order by v.at desc, v.object_type, v.object_id, v.version desc limit ${limit}`
      const before = await versionsBefore(database, rows)
      const views = await named(database, rows)
      return rows.flatMap(({ object_type: type, object_id: id, slug, name, version }, index) => {
        const row = views[index]
        return row === undefined
          ? []
          : [{ object: { type, slug, name }, row, before: before.get(`${type} ${id} ${version - 1}`) ?? null }]
      })
    },

    async authorityChanges(from, to, filter) {
      return database.$queryRaw<{ slug: string; name: string; what: AuthorityChange['what']; at: Date }[]>`
        select a.slug, a.name, w.what, w.at
        from authority a
        left join "group" g on g.id = a.group_id
        left join certificate own on own.id = a.certificate_id
        cross join lateral (values ('created', a.created_at), ('retired', a.retired_at), ('revoked', own.revoked_at)) w(what, at)
        where w.at > ${from} and w.at <= ${to}
          ${filter.group === undefined ? Prisma.empty : Prisma.sql`and g.slug = ${filter.group}`}
          ${filter.issuer === undefined ? Prisma.empty : Prisma.sql`and a.slug = ${filter.issuer}`}
        order by w.at desc, a.slug limit 100`.then((rows) =>
        rows.map(({ slug, name, what, at }) => ({ authority: { slug, name }, what, at })),
      )
    },
  })
}

const LEAF = Prisma.sql`c.kind = 'leaf' and c.state = 'issued'`

/** As wasValid() in lib/services/as-of.ts. */
function validAt(at: Date): Prisma.Sql {
  return Prisma.sql`(c.created_at <= ${at} and c.issued_at <= ${at} and c.not_before <= ${at} and c.not_after >= ${at}
    and (c.revoked_at is null or c.revoked_at > ${at}) and not ${issuerRevokedAt(at)} and not ${onHoldAt(at)})`
}

function issuerRevokedAt(at: Date): Prisma.Sql {
  return Prisma.sql`coalesce(ic.revoked_at <= ${at} and c.not_after >= ic.revoked_at, false)`
}

/** A hold that is over. One that is not is a revocation like any other. */
function onHoldAt(at: Date): Prisma.Sql {
  return Prisma.sql`exists (select from past_hold p where p.certificate_id = c.id and p.since <= ${at} and p.until > ${at})`
}

/** Of one that counts later and did not at the first moment. */
function cameBy(from: Date): Prisma.Sql {
  return Prisma.sql`(case when c.issued_at <= ${from} and ${onHoldAt(from)} then 'released' when c.renews_certificate_id is not null then 'renewed' else 'issued' end)`
}

/** Of one that counted and does not at the second moment; in the order of endedBy(). */
function goneBy(to: Date): Prisma.Sql {
  return Prisma.sql`(case when c.revoked_at <= ${to} then case c.revocation_reason when 'certificateHold' then 'held' else 'revoked' end
    when ${issuerRevokedAt(to)} then 'issuer_revoked' when ${onHoldAt(to)} then 'held' else 'expired' end)`
}

function within({ group, issuer, endpoint }: AsOfFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`]
  if (group !== undefined) conditions.push(Prisma.sql`g.slug = ${group}`)
  if (issuer !== undefined) conditions.push(Prisma.sql`a.slug = ${issuer}`)
  if (endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${endpoint}`)
  return Prisma.join(conditions, ' and ')
}

/** A version says the issuer that its endpoint had. */
function policiesWithin({ group, issuer, endpoint }: AsOfFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`]
  if (group !== undefined) conditions.push(Prisma.sql`g.slug = ${group}`)
  if (issuer !== undefined) conditions.push(Prisma.sql`v.state->>'issuer' = ${issuer}`)
  if (endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${endpoint}`)
  return Prisma.join(conditions, ' and ')
}

function beyond({ after }: AsOfPage, at: Date): Prisma.Sql {
  // The index is entered at the moment itself, however many were issued since.
  if (after === null) return Prisma.sql`c.created_at <= ${at}`
  return Prisma.sql`(c.created_at, c.id) < (${after.createdAt}, ${after.id}::uuid)`
}

function sums(causes: (CameBy | GoneBy)[]): Prisma.Sql {
  return Prisma.join(
    causes.map((cause) => Prisma.sql`(count(*) filter (where d.cause = ${cause}))::int as ${Prisma.raw(cause)}`),
  )
}

async function versionsBefore(
  database: Database,
  rows: { object_type: string; object_id: string; version: number }[],
): Promise<Map<string, Awaited<ReturnType<typeof named>>[number]>> {
  const found = await database.$queryRaw<(VersionRow & { object_type: string; object_id: string })[]>`
    select ${VERSION_COLUMNS}, v.object_type, v.object_id from policy_version v
    join unnest(${rows.map(({ object_type }) => object_type)}::text[], ${rows.map(({ object_id }) => object_id)}::uuid[],
      ${rows.map(({ version }) => version - 1)}::int[]) as w(object_type, object_id, version)
      on v.object_type = w.object_type and v.object_id = w.object_id and v.version = w.version`
  const views = await named(database, found)
  return new Map(
    found.flatMap(({ object_type, object_id, version }, index) => {
      const view = views[index]
      return view === undefined ? [] : [[`${object_type} ${object_id} ${version}`, view] as const]
    }),
  )
}

interface NamesRow {
  group_slug: string | null
  group_name: string | null
  endpoint_slug: string | null
  endpoint_name: string | null
  issuer_slug: string
  issuer_name: string
}

const NAMES = Prisma.sql`g.slug as group_slug, g.name as group_name, e.slug as endpoint_slug, e.name as endpoint_name,
  a.slug as issuer_slug, a.name as issuer_name`

function namesOf(row: NamesRow) {
  return {
    group: pair(row.group_slug, row.group_name),
    endpoint: pair(row.endpoint_slug, row.endpoint_name),
    issuer: { slug: row.issuer_slug, name: row.issuer_name },
  }
}

function pair(slug: string | null, name: string | null): { slug: string; name: string } | null {
  return slug === null || name === null ? null : { slug, name }
}

interface ListRow extends NamesRow {
  id: string
  serial: string
  subject: string
  common_name: string | null
  policy_version: number | null
  issued_at: Date
  not_after: Date
  created_at: Date
}

const LIST_COLUMNS = Prisma.sql`c.id, c.serial, c.subject, c.common_name, c.policy_version, c.issued_at, c.not_after, c.created_at, ${NAMES}`

function rowOf(row: ListRow): AsOfRow {
  const { id, serial, subject, common_name: commonName, policy_version: policyVersion } = row
  const times = { issuedAt: row.issued_at, notAfter: row.not_after, createdAt: row.created_at }
  return { id, serial, subject, commonName, policyVersion, ...times, ...namesOf(row) }
}

interface CountRow extends NamesRow {
  policy_version: number | null
  certificates: number
}

function countOf(row: CountRow): AsOfCount {
  return { ...namesOf(row), policyVersion: row.policy_version, certificates: row.certificates }
}

type ComparisonRow = Pick<NamesRow, 'group_slug' | 'group_name'> & { before: number; after: number } & Record<
    CameBy | GoneBy,
    number
  >

function comparisonOf(row: ComparisonRow): GroupComparison {
  const { before, after, issued, renewed, released, expired, revoked, held, issuer_revoked } = row
  return {
    group: pair(row.group_slug, row.group_name),
    before,
    after,
    came: { issued, renewed, released },
    gone: { expired, revoked, held, issuer_revoked },
  }
}

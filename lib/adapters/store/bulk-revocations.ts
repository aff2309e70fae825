/** Bulk revocations in Postgres: frozen in one transaction, worked through batch by batch, whoever comes. */
import type {
  BulkListFilter,
  BulkRevocationStore,
  BulkSort,
  ItemOutcome,
  Selection,
  SkipCause,
} from '@/lib/services/bulk-revocation-types'
import type { CertificateStatus } from '@/lib/services/certificates'
import type { Reach } from '@/lib/services/permissions'
import { workOnBatch } from './bulk-batch'
import { BULK_COLUMNS, type BulkRow, bulkRecord } from './bulk-rows'
import { CERTIFICATE_TABLES, filterConditions, statusColumn } from './certificate-filter'
import { LIST_COLUMNS, type ListRow, listRow } from './certificate-list-rows'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { inReach } from './reach'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'

const SORTED: Readonly<Record<BulkSort, SortedBy>> = {
  asked: { by: Prisma.sql`b.created_at`, type: 'timestamptz' },
  starts: { by: Prisma.sql`b.starts_at`, type: 'timestamptz' },
}

function listedBy({ state, action, search, groups }: BulkListFilter & Reach): Prisma.Sql {
  const conditions = [
    withinGroups(groups),
    ...(state === undefined ? [] : [Prisma.sql`b.state = ${state}`]),
    ...(action === undefined ? [] : [Prisma.sql`b.action = ${action}`]),
    ...(search === undefined ? [] : [Prisma.sql`b.described ilike ${anywhere(search)}`]),
  ]
  return Prisma.join(conditions, ' and ')
}

/** Carries the number out of a transaction that must leave nothing behind. */
class OtherNumber extends Error {
  constructor(readonly found: number) {
    super('the selection is another one by now')
  }
}

export function bulkRevocationStore(database: Database): BulkRevocationStore {
  return {
    async names({ group, issuer, groups }) {
      const [row] = await database.$queryRaw<[{ group: string | null; issuer: string | null }]>`
        select (select g.name from "group" g where g.slug = ${group ?? null} and ${inReach(Prisma.sql`g.slug`, groups)}) as "group",
               (select a.name from authority a left join "group" g on g.id = a.group_id
                where a.slug = ${issuer ?? null} and ${inReach(Prisma.sql`g.slug`, groups)}) as issuer`
      return row
    },

    async tally(selection, { now, expiringBefore }) {
      const rows = await database.$queryRaw<{ status: CertificateStatus; count: number }[]>`
        select ${statusColumn(now, expiringBefore)} as status, count(*)::int as count from ${CERTIFICATE_TABLES}
        where ${selected(selection, now, expiringBefore)} group by 1`
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
    },

    async samples(selection, statuses, { now, expiringBefore }, limit) {
      const rows = await database.$queryRaw<ListRow[]>`
        select ${LIST_COLUMNS} from ${CERTIFICATE_TABLES}
        where ${selected(selection, now, expiringBefore)} and ${statusColumn(now, expiringBefore)} = any(${[...statuses]})
        order by c.created_at desc, c.id desc limit ${limit}`
      return rows.map(listRow)
    },

    async freeze({ selection, requestedBy, ...bulk }, statuses, expect, { now, expiringBefore }, events) {
      const startedAt = bulk.state === 'running' ? bulk.startsAt : null
      try {
        return await transact(database, async (transaction) => {
          await transaction.bulkRevocation.create({
            data: {
              ...bulk,
              startedAt,
              total: expect,
              selection: plain(selection),
              requestedBy: plain(requestedBy),
              skippedBefore: plain(bulk.skippedBefore),
            },
            select: { id: true },
          })
          const found = await transaction.$executeRaw`
            insert into bulk_revocation_item (bulk_id, certificate_id)
            select ${bulk.id}::uuid, c.id from ${CERTIFICATE_TABLES}
            where ${selected(selection, now, expiringBefore)} and ${statusColumn(now, expiringBefore)} = any(${[...statuses]})`
          if (found !== expect) throw new OtherNumber(found)
          return { result: { frozen: true as const }, events }
        })
      } catch (error) {
        if (error instanceof OtherNumber) return { frozen: false, found: error.found }
        throw error
      }
    },

    async find(id) {
      const [row] = await database.$queryRaw<
        BulkRow[]
      >`select ${BULK_COLUMNS} from bulk_revocation b where b.id = ${id}::uuid`
      return row ? bulkRecord(row) : null
    },

    async list(filter, keyset) {
      const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`b.id`)
      const rows = await database.$queryRaw<BulkRow[]>`
        select ${BULK_COLUMNS} from bulk_revocation b where ${listedBy(filter)} and ${beyond} ${ordered}`
      return rows.map(bulkRecord)
    },

    async count(filter, { most, since }) {
      const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`b.created_at > ${since}`
      const rows = Prisma.sql`1 from bulk_revocation b where ${listedBy(filter)} and ${newer}`
      const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
      return row?.count ?? 0
    },

    async items(id, { outcome }, { after, limit, now }) {
      const conditions = [
        Prisma.sql`i.bulk_id = ${id}::uuid`,
        ...(after === null ? [] : [Prisma.sql`i.certificate_id > ${after}::uuid`]),
        ...(outcome === undefined ? [] : [outcomeCondition(outcome)]),
      ]
      const rows = await database.$queryRaw<ItemRow[]>`
        select ${LIST_COLUMNS}, i.outcome, i.skipped_why, i.at, n.id as renewed_by_id, n.serial as renewed_by_serial
        from (select * from bulk_revocation_item i where ${Prisma.join(conditions, ' and ')}
              order by i.certificate_id limit ${limit}) i
        join (${CERTIFICATE_TABLES}) on c.id = i.certificate_id
        left join certificate n on n.renews_certificate_id = c.id and ${validSuccessor(now)}
        order by i.certificate_id`
      return rows.map(itemRecord)
    },

    async renewed(id, now) {
      const [row] = await database.$queryRaw<[{ count: number }]>`
        select count(*)::int as count from bulk_revocation_item i
        join certificate n on n.renews_certificate_id = i.certificate_id and ${validSuccessor(now)}
        where i.bulk_id = ${id}::uuid and i.outcome = 'done'
          and not exists (select from bulk_revocation_item o where o.bulk_id = i.bulk_id and o.certificate_id = n.id)`
      return row.count
    },

    async due(now) {
      const rows = await database.$queryRaw<{ id: string }[]>`
        select id from bulk_revocation where state = 'running' or (state = 'scheduled' and starts_at <= ${now}) order by starts_at, id`
      return rows.map(({ id }) => id)
    },

    async begin(id, now, event) {
      return transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<BulkRow[]>`
          update bulk_revocation b set state = 'running', started_at = ${now}
          where b.id = ${id}::uuid and b.state = 'scheduled' and b.starts_at <= ${now} returning ${BULK_COLUMNS}`
        return { result: row !== undefined, events: row ? [event(bulkRecord(row))] : [] }
      })
    },

    work: (id, limit, moment, statuses, events) => workOnBatch(database, { id, limit, moment, statuses, events }),

    async end(id, by, now, event) {
      return transact(database, async (transaction) => {
        const [row] = await transaction.$queryRaw<(BulkRow & { ended: 'cancelled' | 'stopped' })[]>`
          update bulk_revocation b
          set state = case b.state when 'scheduled' then 'cancelled' else 'stopped' end, ended_at = ${now}, ended_by = ${by}
          where b.id = ${id}::uuid and b.state in ('scheduled', 'running') returning ${BULK_COLUMNS}, b.state as ended`
        if (row === undefined) return { result: null, events: [] }
        // The event names the state it had.
        const before = { ...bulkRecord(row), state: row.ended === 'cancelled' ? 'scheduled' : 'running' } as const
        return { result: row.ended, events: [event(before)] }
      })
    },
  }
}

function selected(selection: Selection, now: Date, expiringBefore: Date): Prisma.Sql {
  const conditions = [
    Prisma.sql`c.kind = 'leaf' and c.state = 'issued'`,
    ...('certificates' in selection
      ? [Prisma.sql`c.id = any(${selection.certificates}::uuid[])`]
      : filterConditions(selection.filter, now, expiringBefore)),
    inReach(Prisma.sql`g.slug`, selection.groups),
  ]
  return Prisma.join(conditions, ' and ')
}

/** As isWithin() in lib/services/bulk-revocation.ts says it. */
function withinGroups(groups: readonly string[] | undefined): Prisma.Sql {
  if (groups === undefined) return Prisma.sql`true`
  return Prisma.sql`case when b.selection ? 'groups' then b.selection->'groups' <@ ${JSON.stringify(groups)}::jsonb
    else ${inReach(Prisma.sql`b.selection->'filter'->>'group'`, groups)} end`
}

/** In the words of the index certificate_one_successor, which then finds the one there can be. */
function validSuccessor(now: Date): Prisma.Sql {
  return Prisma.sql`n.state <> 'abandoned' and n.revocation_reason is distinct from 'unspecified'
    and n.state = 'issued' and n.revoked_at is null and n.not_after > ${now}`
}

function outcomeCondition(outcome: ItemOutcome): Prisma.Sql {
  return outcome === 'waiting' ? Prisma.sql`i.outcome is null` : Prisma.sql`i.outcome = ${outcome}`
}

/** Without members that are undefined, which JSON does not know and Prisma refuses. */
function plain(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject
}

interface ItemRow extends ListRow {
  outcome: 'done' | 'skipped' | null
  skipped_why: SkipCause | null
  at: Date | null
  renewed_by_id: string | null
  renewed_by_serial: string | null
}

function itemRecord(row: ItemRow) {
  const { outcome, skipped_why: why, at, renewed_by_id: id, renewed_by_serial: serial } = row
  return {
    certificate: listRow(row),
    outcome,
    why,
    at,
    renewedBy: id !== null && serial !== null ? { id, serial } : null,
  }
}

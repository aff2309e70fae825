/** The audit trail in Postgres: appended through audit_append(), read by number. */
import { type AuditRow, GENESIS } from '@/lib/services/audit-chain'
import type { AuditStore, ExportedRow } from '@/lib/services/audit-trail'
import { foundInSearch } from './audit-finding'
import { countOfEvents, matchingEvents, type SeqBounds } from './audit-search'
import { type Database, transact } from './database'
import { guarded } from './outage'
import { within } from './within'

/** So long people wait for a page, and for a number beside it. */
const PATIENCE = { page: 4_000, count: 2_000 }

export function auditStore(db: Database): AuditStore {
  return guarded<AuditStore>({
    async append(entries) {
      await transact(db, async () => ({ result: undefined, events: entries }))
    },

    async list(filter, { order, way, from, limit }) {
      const direction = (order === 'asc') === (way === 'after') ? 'asc' : 'desc'
      const bounds = from === null ? {} : beyond(BigInt(from.value), direction)
      const sql = matchingEvents(filter, bounds, direction, limit)
      return within(db, PATIENCE.page, (transaction) => transaction.$queryRaw<ExportedRow[]>(sql))
    },

    async count(filter, { most, since }) {
      // Moments have three places: the next one is the first that came later.
      const later = since === undefined ? undefined : new Date(since.getTime() + 1)
      const from = later === undefined || (filter.from && filter.from > later) ? filter.from : later
      const sql = countOfEvents({ ...filter, ...(from === undefined ? {} : { from }) }, most)
      const [row] = await within(db, PATIENCE.count, (transaction) => transaction.$queryRaw<{ count: number }[]>(sql))
      return row?.count ?? 0
    },

    found: (search, most) => foundInSearch(db, search, most),

    async newest(filter, before, limit) {
      return db.$queryRaw<ExportedRow[]>(matchingEvents(filter, { below: before }, 'desc', limit))
    },

    async oldest(filter, after, to, limit) {
      return db.$queryRaw<ExportedRow[]>(matchingEvents(filter, { above: after, below: to + 1n }, 'asc', limit))
    },

    async rows(from, to, limit): Promise<AuditRow[]> {
      return db.auditEvent.findMany({ where: { seq: { gte: from, lte: to } }, orderBy: { seq: 'asc' }, take: limit })
    },

    async end() {
      const [end] = await db.$queryRaw<{ seq: bigint; chain: Uint8Array; last: bigint }[]>`
        select seq, chain, coalesce((select max(seq) from audit_event), 0) as last from audit_head where id = 1`
      if (!end)
        return { head: GENESIS, lastSeq: (await db.auditEvent.aggregate({ _max: { seq: true } }))._max.seq ?? 0n }
      return { head: { seq: end.seq, chain: end.chain }, lastSeq: end.last }
    },
  })
}

function beyond(seq: bigint, direction: 'asc' | 'desc'): SeqBounds {
  return direction === 'asc' ? { above: seq } : { below: seq }
}

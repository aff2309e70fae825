/** The audit trail in Postgres: appended through audit_append(), read by number. */
import { type AuditRow, GENESIS } from '@/lib/services/audit-chain'
import type { AuditStore, ExportedRow } from '@/lib/services/audit-trail'
import { matchingEvents } from './audit-search'
import { type Database, transact } from './database'

export function auditStore(db: Database): AuditStore {
  return {
    async append(entries) {
      await transact(db, async () => ({ result: undefined, events: entries }))
    },

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
  }
}

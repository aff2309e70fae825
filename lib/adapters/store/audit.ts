/** The audit trail in Postgres: appended through audit_append(), read by number. */
import type { AuditFilter } from '@/lib/services/audit'
import { type AuditRow, GENESIS } from '@/lib/services/audit-chain'
import type { AuditStore } from '@/lib/services/audit-trail'
import { type Database, transact } from './database'
import type { Prisma } from './generated/client'

export function auditStore(db: Database): AuditStore {
  return {
    async append(entries) {
      await transact(db, async () => ({ result: undefined, events: entries }))
    },

    async newest(filter, before, limit) {
      return db.auditEvent.findMany({
        where: { AND: conditions(filter, before) },
        orderBy: { seq: 'desc' },
        take: limit,
        select: { seq: true, payload: true, chain: true },
      })
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

function conditions(filter: AuditFilter, before: bigint | null): Prisma.AuditEventWhereInput[] {
  const where: Prisma.AuditEventWhereInput[] = []
  if (before !== null) where.push({ seq: { lt: before } })
  if (filter.types && filter.types.length > 0) where.push({ OR: filter.types.map(typeCondition) })
  if (filter.outcome) where.push({ outcome: filter.outcome })
  if (filter.actorId) where.push({ actorId: filter.actorId })
  if (filter.objectType) where.push({ objectType: filter.objectType })
  if (filter.objectId) where.push({ objectId: filter.objectId })
  if (filter.sourceIp) where.push({ sourceIp: filter.sourceIp })
  if (filter.from) where.push({ time: { gte: filter.from } })
  if (filter.to) where.push({ time: { lt: filter.to } })
  return where
}

/** "challenge." stands for every type that begins so. */
function typeCondition(type: string): Prisma.AuditEventWhereInput {
  return { type: type.endsWith('.') ? { startsWith: type } : type }
}

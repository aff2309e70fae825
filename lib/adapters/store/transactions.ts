/** Enrolment transactions for the portal's list. */

import { transactionIdText } from '@/lib/services/scep-exchange'
import type { TransactionFilter, TransactionStore, TransactionView } from '@/lib/services/transactions'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { decodeCursor, encodeCursor } from './keyset'
import { guarded } from './outage'

export function transactionStore(database: Database): TransactionStore {
  return guarded<TransactionStore>({
    async list(filter, { cursor, limit }) {
      const after = decodeCursor(cursor)
      const beyond =
        after === null
          ? Prisma.sql`true`
          : Prisma.sql`(t.created_at, t.id) < (${after.at}::timestamptz, ${after.id}::uuid)`
      const rows = await database.$queryRaw<TransactionRow[]>`
        select t.id, t.state, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name, t.subject, t.reason, t.detail,
          t.transaction_id, t.source_ip, t.user_agent, t.challenge_id, x.id as certificate_id, x.serial, t.created_at, t.finished_at
        from enrolment_transaction t
        join endpoint e on e.id = t.endpoint_id
        join "group" g on g.id = e.group_id
        left join certificate x on x.id = t.certificate_id and x.state = 'issued'
        where ${conditionOf(filter)} and ${beyond}
        order by t.created_at desc, t.id desc
        limit ${limit + 1}`
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        items: rows.slice(0, limit).map(viewOf),
        nextCursor: last === undefined ? null : encodeCursor({ at: last.created_at, id: last.id }),
      }
    },
  })
}

interface TransactionRow {
  id: string
  state: TransactionView['state']
  endpoint_slug: string
  endpoint_name: string
  group_slug: string
  group_name: string
  subject: string | null
  reason: string | null
  detail: string | null
  transaction_id: Uint8Array
  source_ip: string | null
  user_agent: string | null
  challenge_id: string | null
  certificate_id: string | null
  serial: string | null
  created_at: Date
  finished_at: Date | null
}

function conditionOf(filter: TransactionFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`]
  if (filter.endpoint !== undefined) conditions.push(Prisma.sql`e.slug = ${filter.endpoint}`)
  if (filter.group !== undefined) conditions.push(Prisma.sql`g.slug = ${filter.group}`)
  if (filter.state !== undefined) conditions.push(Prisma.sql`t.state = ${filter.state}::"TransactionState"`)
  return Prisma.join(conditions, ' and ')
}

function viewOf(row: TransactionRow): Omit<TransactionView, 'explanation'> {
  return {
    id: row.id,
    state: row.state,
    endpoint: { slug: row.endpoint_slug, name: row.endpoint_name },
    group: { slug: row.group_slug, name: row.group_name },
    subject: row.subject,
    reason: row.reason,
    detail: row.detail,
    transactionId: transactionIdText(row.transaction_id),
    sourceIp: row.source_ip,
    userAgent: row.user_agent,
    challengeId: row.challenge_id,
    certificate:
      row.certificate_id === null || row.serial === null ? null : { id: row.certificate_id, serial: row.serial },
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}

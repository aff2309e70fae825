/** A bulk revocation as its row says it. */
import type { BulkRecord } from '@/lib/services/bulk-revocation-types'
import { Prisma } from './generated/client'

export const BULK_COLUMNS = Prisma.sql`b.id, b.action, b.reason, b.comment, b.invalidity_date as "invalidityDate",
  b.selection, b.described, b.requested_by as "requestedBy", b.state, b.total, b.done, b.skipped,
  b.skipped_before as "skippedBefore", b.created_at as "createdAt", b.starts_at as "startsAt", b.started_at as "startedAt",
  b.ended_at as "endedAt", b.ended_by as "endedBy"`

/** Our own JSON: freeze() wrote it. */
export type BulkRow = BulkRecord

export function bulkRecord(row: BulkRow): BulkRecord {
  return { ...row }
}

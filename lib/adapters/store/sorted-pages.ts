/** Pages of a sorted list in SQL: what lies beyond a position, and the order towards it. An index answers both at once. */
import type { CountRequest, Keyset } from '@/lib/services/listing'
import { Prisma } from './generated/client'

/** What is sorted by, never null: (by, id) names a row's place. */
export interface SortedBy {
  by: Prisma.Sql
  type: 'timestamptz' | 'text'
}

/** `beyond` for the conditions, `ordered` behind them. */
export function sortedPage<Sort extends string>(
  { sort, order, way, from, limit }: Keyset<Sort>,
  columns: Readonly<Record<Sort, SortedBy>>,
  id: Prisma.Sql,
): { beyond: Prisma.Sql; ordered: Prisma.Sql } {
  const { by, type } = columns[sort]
  const upwards = (order === 'asc') === (way === 'after')
  const direction = Prisma.raw(upwards ? 'asc' : 'desc')
  return {
    beyond:
      from === null
        ? Prisma.sql`true`
        : Prisma.sql`(${by}, ${id}) ${Prisma.raw(upwards ? '>' : '<')} (${from.value}::text::${Prisma.raw(type)}, ${from.id}::uuid)`,
    ordered: Prisma.sql`order by ${by} ${direction}, ${id} ${direction} limit ${limit}`,
  }
}

/** Counts no further than asked. `rows` is everything behind "select". */
export function boundedCount(rows: Prisma.Sql, { most }: Pick<CountRequest, 'most'>): Prisma.Sql {
  return Prisma.sql`select count(*)::int as count from (select ${rows} limit ${most}) counted`
}

/** What somebody typed, anywhere in a text. */
export function anywhere(search: string): string {
  return `%${search.replace(/[\\%_]/g, '\\$&')}%`
}

/** Pages of a sorted list in memory, by the same rules as the database: rows that tie stand in the order they came. */
import type { CountRequest, Keyset } from '@/lib/services/listing'

/** `rows` oldest first. */
export function sortedRows<Row, Sort extends string>(
  rows: readonly Row[],
  { sort, order, way, from, limit }: Keyset<Sort>,
  columns: Readonly<Record<Sort, (row: Row) => Date | string>>,
  idOf: (row: Row) => string,
): Row[] {
  const textOf = (row: Row) => {
    const value = columns[sort](row)
    return typeof value === 'string' ? value : value.toISOString()
  }
  const upwards = [...rows].sort((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0))
  const ordered = (order === 'asc') === (way === 'after') ? upwards : upwards.reverse()
  const start = from === null ? 0 : ordered.findIndex((row) => idOf(row) === from.id) + 1
  return ordered.slice(start, start + limit)
}

export function countedRows<Row>(
  rows: readonly Row[],
  { most, since }: CountRequest,
  madeAt: (row: Row) => Date,
): number {
  return Math.min(rows.filter((row) => since === undefined || madeAt(row) > since).length, most)
}

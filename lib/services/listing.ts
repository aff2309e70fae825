/**
 * How every list is asked for and answered: sorted by a column it offers, in pages both ways, counted up to a bound. The
 * markers between the pages say where a page ended, never how far it was, so rows that come meanwhile move nothing.
 */
import { Refusal } from '@/lib/errors'
import { beginningOf } from './time-bounds'

export type Order = 'asc' | 'desc'

export interface Page<T> {
  items: T[]
  /** Opaque; pass it back for the next page. Null on the last one. */
  nextCursor: string | null
}

export interface ListRequest<Sort extends string = string> {
  limit?: number
  cursor?: string
  sort?: Sort
  order?: Order
}

export interface ListPage<T> extends Page<T> {
  /** Null on the first page. */
  previousCursor: string | null
}

/** How many rows match; `more` when there are more than anybody counted. */
export interface Matches {
  count: number
  more: boolean
}

/** Where a page ends: what the sorted column says of the row there, moments in ISO 8601, and its id. */
export interface KeysetPosition {
  value: string
  id: string
}

/** What a store is asked: so many rows of this order, after or before a position, the nearest to it first. */
export interface Keyset<Sort extends string = string> {
  sort: Sort
  order: Order
  way: 'after' | 'before'
  from: KeysetPosition | null
  limit: number
}

/** What a store is asked of a count: it stops there, and begins with rows that were made after `since`. */
export interface CountRequest {
  most: number
  since?: Date
}

export interface SortedColumn<Row> {
  kind: 'moment' | 'text' | 'number'
  /** The order that people mean who only name the column. */
  order: Order
  of(row: Row): Date | string
}

export interface Sorting<Row, Sort extends string> {
  usual: Sort
  columns: Readonly<Record<Sort, SortedColumn<Row>>>
  idOf(row: Row): string
}

export const ROWS = { usual: 50, most: 500 }
/** Rows that are counted at most: beyond, nobody needs the number, and it would cost reading them all. */
export const MOST_COUNTED = 10_000
/** Reason of a refusal (`unavailable`): with these filters a page or a number would have to be waited for. */
export const TAKES_TOO_LONG = 'takes_too_long'
/** News are shown as a number of two digits. */
export const MOST_NEWS = 99

export async function readPage<Row, Sort extends string>(
  request: ListRequest<Sort>,
  sorting: Sorting<Row, Sort>,
  read: (keyset: Keyset<Sort>) => Promise<Row[]>,
): Promise<ListPage<Row>> {
  const asked = keysetOf(request, sorting)
  const { limit } = asked
  let keyset = { ...asked, limit: limit + 1 }
  let rows = await read(keyset)
  // The way back has come to the beginning: then it is the whole first page, whatever came in front of it meanwhile.
  if (keyset.way === 'before' && rows.length <= limit) {
    keyset = { ...keyset, way: 'after', from: null }
    rows = await read(keyset)
  }
  const more = rows.length > limit
  const shown = rows.slice(0, limit)
  if (keyset.way === 'before') shown.reverse()
  const marker = (way: Keyset['way'], row: Row | undefined) =>
    row === undefined ? null : cursorOf(asked, way, positionOf(row, asked.sort, sorting))
  return {
    items: shown,
    nextCursor: more || keyset.way === 'before' ? marker('after', shown.at(-1)) : null,
    previousCursor: keyset.way === 'before' || keyset.from !== null ? marker('before', shown[0]) : null,
  }
}

export async function countRows(
  count: (request: CountRequest) => Promise<number>,
  since: Date | undefined,
): Promise<Matches> {
  const most = since === undefined ? MOST_COUNTED : MOST_NEWS
  const counted = await count({ most: most + 1, ...(since === undefined ? {} : { since }) })
  return { count: Math.min(counted, most), more: counted > most }
}

/** The whole result, page after page, in the order that was asked for. */
export async function* everyPage<Row, Sort extends string>(
  list: (request: ListRequest<Sort>) => Promise<Page<Row>>,
  order: Pick<ListRequest<Sort>, 'sort' | 'order'>,
): AsyncGenerator<Row[]> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list({ ...order, limit: ROWS.most, ...(cursor === undefined ? {} : { cursor }) })
    if (page.items.length > 0) yield page.items
    cursor = page.nextCursor
  }
}

function keysetOf<Row, Sort extends string>(
  { limit = ROWS.usual, cursor, sort: asked, order: wanted }: ListRequest<Sort>,
  { usual, columns }: Sorting<Row, Sort>,
): Keyset<Sort> {
  const sort = asked ?? usual
  if (!Object.hasOwn(columns, sort))
    throw new Refusal('invalid_input', `This list is sorted by ${Object.keys(columns).join(', ')}.`, {
      reason: 'invalid_sort',
      fields: { sort: 'Unknown.' },
    })
  const order = wanted ?? columns[sort].order
  const rows = Math.min(Math.max(Math.trunc(limit), 1), ROWS.most)
  if (cursor === undefined || cursor === '') return { sort, order, way: 'after', from: null, limit: rows }
  return { sort, order, ...placeOf(cursor, sort, order, columns[sort].kind), limit: rows }
}

function positionOf<Row, Sort extends string>(row: Row, sort: Sort, { columns, idOf }: Sorting<Row, Sort>) {
  const value = columns[sort].of(row)
  return { value: typeof value === 'string' ? value : value.toISOString(), id: idOf(row) }
}

/** The order is in it, for a marker means nothing in another one. */
function cursorOf({ sort, order }: Keyset, way: Keyset['way'], { value, id }: KeysetPosition): string {
  return Buffer.from(JSON.stringify([sort, order, way, id, value]), 'utf8').toString('base64url')
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const LONGEST_VALUE = 4_000

function placeOf(cursor: string, sort: string, order: Order, kind: SortedColumn<unknown>['kind']) {
  const [ofSort, ofOrder, way, id, value] = partsOf(cursor)
  const sound =
    ofSort === sort &&
    ofOrder === order &&
    (way === 'after' || way === 'before') &&
    ID.test(id ?? '') &&
    isValue(value, kind)
  if (!sound) throw unknownCursor()
  return { way, from: { id: String(id), value: String(value) } } as const
}

export function unknownCursor(): Refusal {
  return new Refusal('invalid_input', 'The cursor is not one of ours. Start from the first page.', {
    reason: 'invalid_cursor',
    fields: { cursor: 'Unknown.' },
  })
}

function partsOf(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) && parts.length === 5 && parts.every((part) => typeof part === 'string') ? parts : []
  } catch {
    return []
  }
}

function isValue(value: string | undefined, kind: SortedColumn<unknown>['kind']): boolean {
  if (value === undefined || value.length > LONGEST_VALUE || value.includes('\0')) return false
  if (kind === 'text') return true
  if (kind === 'number') return /^[0-9]{1,18}$/.test(value)
  return isMoment(value)
}

/** A moment as a cursor has it. */
export function isMoment(value: string): boolean {
  return beginningOf(value)?.toISOString() === value
}

/** What makes a list a list: how its address becomes a filter, how it is read and counted, and what leaves in a file. */
import type { Actor } from '@/lib/services/actor'
import type { ListPage, ListRequest, Matches, Order } from '@/lib/services/listing'
import type { ListFacts, ListView } from './list-view'
import type { ExportFormat, FieldValue } from './rows-as-text'

export interface ListDefinition<Filter, Row, Sort extends string = string> extends ListFacts {
  sorts: Readonly<Record<Sort, 'asc' | 'desc'>>
  usual: Sort
  filterOf(parameters: Readonly<Record<string, string | undefined>>): Filter
  list(actor: Actor, filter: Filter, request: ListRequest<Sort>): Promise<ListPage<Row>>
  matching(actor: Actor, filter: Filter, since?: Date): Promise<Matches>
  /** The fields of a file, in their order. */
  fields: Readonly<Record<string, (row: Row) => FieldValue>>
  /** For a list that makes and records its files itself. Refusals: rate_limited. */
  save?(actor: Actor, filter: Filter, file: ListFile<Row>): Promise<AsyncGenerator<Uint8Array>>
  /** Formats of which the browser writes the file as it comes, for one that may be longer than its memory. */
  unbounded?: readonly ExportFormat[]
}

export interface ListFile<Row> {
  format: ExportFormat
  order: Order
  /** The fields of these rows in that format. */
  text(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string>
}

/** A view's order, as its own list names it: readView() took it from there. */
export function requestOf<Sort extends string>(
  { sort, order }: Pick<ListView, 'sort' | 'order'>,
  cursor?: string,
): ListRequest<Sort> {
  return { sort: sort as Sort, order, ...(cursor === undefined ? {} : { cursor }) }
}

/** Search begins at three characters: fewer match nearly everything, and no index knows them. */
export function searchOf(text: string | undefined): string | undefined {
  return text !== undefined && [...text].length >= SHORTEST_SEARCH ? text : undefined
}

export const SHORTEST_SEARCH = 3

/** What a reader wants to see of a list, as the address of its page says it: filters, order and columns. Plain data. */
import { readParameters, type SearchParameters, withParameters } from '@/app/_components/search-parameters'

export type Order = 'asc' | 'desc'

export interface ListFacts {
  /** In addresses, views and the trail. */
  name: string
  path: string
  /** Names of its filters in the address. */
  parameters: readonly string[]
  /** Of those that may be longer than others: how long. */
  longest?: Readonly<Record<string, number>>
  /** Columns that it is sorted by, with the order that people mean who only name one. */
  sorts: Readonly<Record<string, Order>>
  usual: string
  /** Another usual order while a filter is set, or set to this value. */
  usualWith?: Readonly<Record<string, { value?: string; sort: string }>>
  /** Columns that can be left out or added, in their order. */
  columns: readonly { name: string; head: string; sort?: string; optional?: boolean }[]
}

export interface ListView {
  list: ListFacts
  filters: Readonly<Record<string, string | undefined>>
  sort: string
  order: Order
  /** Names of those shown. */
  columns: readonly string[]
}

const LONGEST_CURSOR = 6_000

export async function readView(
  given: SearchParameters,
  list: ListFacts,
): Promise<{ view: ListView; cursor: string | undefined }> {
  const filters = await readFilters(given, list)
  const { sort: sorted, columns: chosen } = await readParameters(given, ['sort', 'columns'])
  const facts = factsFor(list, filters)
  const { sort, order } = orderOf(sorted, facts)
  const { cursor } = await given
  const first = [cursor].flat()[0]
  return {
    view: { list: facts, filters, sort, order, columns: columnsOf(chosen, list) },
    cursor: first === undefined || first === '' || first.length > LONGEST_CURSOR ? undefined : first,
  }
}

/** What is empty is not among them. */
export async function readFilters(
  given: SearchParameters,
  { parameters, longest = {} }: Pick<ListFacts, 'parameters' | 'longest'>,
): Promise<Record<string, string>> {
  const read = await Promise.all(parameters.map((name) => readParameters(given, [name], longest[name])))
  return Object.assign({}, ...read)
}

/** As the filters have it, and without the functions that a definition has as well: the browser gets data. */
export function factsFor(list: ListFacts, filters: ListView['filters']): ListFacts {
  const { name, path, parameters, sorts, columns, usualWith = {} } = list
  const set = Object.entries(usualWith).find(([filter, { value }]) =>
    value === undefined ? filters[filter] !== undefined : filters[filter] === value,
  )
  return { name, path, parameters, sorts, usual: set?.[1].sort ?? list.usual, columns }
}

/** `ends` in its own order, `-ends` in the other one; the usual order where it is unknown. */
export function orderOf(text: string | undefined, { sorts, usual }: ListFacts): { sort: string; order: Order } {
  const name = text?.replace(/^-/, '') ?? usual
  const sort = Object.hasOwn(sorts, name) ? name : usual
  const own = sorts[sort] ?? 'asc'
  const turned = name === sort && text?.startsWith('-') === true
  return { sort, order: turned === (own === 'asc') ? 'desc' : 'asc' }
}

export function sortText({ sorts, usual }: ListFacts, sort: string, order: Order): string | undefined {
  if (order === sorts[sort]) return sort === usual ? undefined : sort
  return `-${sort}`
}

/** The usual ones where none are chosen. */
export function columnsOf(text: string | undefined, { columns }: Pick<ListFacts, 'columns'>): string[] {
  const chosen = text?.split(',')
  return columns
    .filter(({ name, optional }) => (chosen === undefined ? optional !== true : chosen.includes(name)))
    .map(({ name }) => name)
}

export function columnsText({ columns }: ListFacts, shown: readonly string[]): string | undefined {
  const usual = columns.every(({ name, optional }) => shown.includes(name) === (optional !== true))
  // None at all is said by a name that no column has.
  return usual ? undefined : shown.join(',') || 'none'
}

/** The parameters that make the view, without the page. */
export function parametersOf({ list, filters, sort, order, columns }: ListView): Record<string, string | undefined> {
  return { ...filters, sort: sortText(list, sort, order), columns: columnsText(list, columns) }
}

export function addressOf(view: ListView, changed: Partial<Pick<ListView, 'sort' | 'order' | 'columns'>> = {}): string {
  return withParameters(view.list.path, parametersOf({ ...view, ...changed }))
}

/** The same rows, for whoever fetches them: to be saved, or to be counted. */
export function rowsAddress(view: ListView, more: Readonly<Record<string, string>>): string {
  const { columns: _, ...parameters } = parametersOf(view)
  return withParameters(`${view.list.path}/rows`, { ...parameters, ...more })
}

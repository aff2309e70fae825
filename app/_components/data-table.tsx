/** A table that becomes stacked cards on narrow screens (.rows in globals.css), with its roles spelled out, because a
 *  browser drops them when display changes. */
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { addressOf, type ListView } from '@/app/_lists/list-view'

export interface Column<Row> {
  head: string
  /** As its list names it: a view may leave it out. */
  name?: string
  /** Shown only by a view that asks for it. */
  optional?: boolean
  /** As its list sorts by it. */
  sort?: string
  cell(row: Row): ReactNode
  /** The first line of a stacked card: no label before it. */
  primary?: boolean
  /** The head is for screen readers alone. */
  quiet?: boolean
  /** Left out of the stacked cards: its page has it. */
  spare?: boolean
  className?: string
}

interface DataTableProps<Row> {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey(row: Row): string
  /** Chooses among the columns that have names, and makes heads that sort. */
  view?: ListView | undefined
}

export function DataTable<Row>({ caption, columns: all, rows, rowKey, view }: DataTableProps<Row>) {
  const columns = all.filter(({ name, optional }) =>
    view && name !== undefined ? view.columns.includes(name) : optional !== true,
  )
  return (
    <div className="overflow-x-auto">
      <table role="table" className="rows">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.head}
                role="columnheader"
                scope="col"
                aria-sort={view && column.sort === view.sort ? SORTED[view.order] : undefined}
                className={column.className}
              >
                {column.quiet ? (
                  <span className="sr-only">{column.head}</span>
                ) : view && column.sort && Object.hasOwn(view.list.sorts, column.sort) ? (
                  <SortLink view={view} sort={column.sort} head={column.head} />
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column) => (
                <td
                  key={column.head}
                  role="cell"
                  data-label={column.primary || column.quiet ? undefined : column.head}
                  data-spare={column.spare || undefined}
                  className={column.className}
                >
                  {column.primary || column.quiet ? (
                    column.cell(row)
                  ) : (
                    <div className="min-w-0">{column.cell(row)}</div>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const SORTED = { asc: 'ascending', desc: 'descending' } as const

/** Sorts by the column; a second time the other way round. */
function SortLink({ view, sort, head }: { view: ListView; sort: string; head: string }) {
  const active = view.sort === sort
  const turned = view.order === 'asc' ? 'desc' : 'asc'
  const order = active ? turned : (view.list.sorts[sort] ?? 'asc')
  const Icon = active ? (view.order === 'asc' ? ArrowUp : ArrowDown) : ChevronsUpDown
  return (
    <Link
      href={addressOf(view, { sort, order })}
      prefetch={false}
      scroll={false}
      className={`inline-flex items-center gap-1 rounded hover:text-ink ${active ? 'text-ink' : ''}`}
    >
      {head}
      <Icon className="size-3.5" aria-hidden />
    </Link>
  )
}

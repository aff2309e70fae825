/** A table that becomes stacked cards on narrow screens (.rows in globals.css), with its roles spelled out, because a
 *  browser drops them when display changes. */
import type { ReactNode } from 'react'

export interface Column<Row> {
  head: string
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
}

export function DataTable<Row>({ caption, columns, rows, rowKey }: DataTableProps<Row>) {
  return (
    <div className="overflow-x-auto">
      <table role="table" className="rows">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.head} role="columnheader" scope="col" className={column.className}>
                {column.quiet ? <span className="sr-only">{column.head}</span> : column.head}
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

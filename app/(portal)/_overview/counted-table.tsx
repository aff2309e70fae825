/** The numbers of a chart as a table, each the way to its list: for keyboards, screen readers and whoever wants it exact. */
import { Disclosure } from '@/app/_components/disclosure'
import { CountLink } from './count-link'

export interface CountedRow {
  key: string
  name: string
  counts: { count: number; href: string | null }[]
}

interface CountedTableProps {
  /** What the chart shows, as the table's name. */
  caption: string
  columns: [first: string, ...counts: string[]]
  rows: CountedRow[]
}

export function CountedTable({ caption, columns: [first, ...counts], rows }: CountedTableProps) {
  return (
    <Disclosure summary="Show as a table">
      <div className="max-h-96 overflow-auto rounded-md border border-line">
        <table className="w-full text-sm">
          <caption className="sr-only">{caption}</caption>
          <thead className="sticky top-0 bg-sunken text-left text-xs text-muted">
            <tr>
              <th scope="col" className="px-3 py-2 font-medium">
                {first}
              </th>
              {counts.map((name) => (
                <th key={name} scope="col" className="px-3 py-2 text-right font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} className="border-t border-line">
                <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
                  {row.name}
                </th>
                {row.counts.map(({ count, href }, index) => (
                  <td key={counts[index]} className="px-3 py-1.5 text-right tabular-nums">
                    <CountLink count={count} href={href} about={`${counts[index]}, ${row.name}`} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Disclosure>
  )
}

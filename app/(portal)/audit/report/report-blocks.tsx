/** The parts of a report as a page shows them. */
import { VisibleText } from '@/app/_components/visible-text'
import type { ReportBlock } from '@/lib/services/report-document'

export function ReportBlocks({ blocks }: { blocks: ReportBlock[] }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one report never move.
        <Block key={index} block={block} />
      ))}
    </div>
  )
}

function Block({ block }: { block: ReportBlock }) {
  switch (block.kind) {
    case 'heading':
      return <h3 className="mt-5 text-lg font-semibold">{block.text}</h3>
    case 'paragraph':
      return (
        <p className="max-w-3xl">
          <VisibleText>{block.text}</VisibleText>
        </p>
      )
    case 'facts':
      return (
        <dl className="grid gap-y-1">
          {block.facts.map(({ name, value, exact }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two facts may bear one name, and none moves.
            <div key={index} className="grid gap-x-4 sm:grid-cols-[11rem_minmax(0,1fr)]">
              <dt className="text-sm text-muted sm:leading-5.5">{name}</dt>
              <dd className={exact ? 'font-mono text-xs leading-5.5 wrap-anywhere' : 'wrap-anywhere'}>
                <VisibleText>{value}</VisibleText>
              </dd>
            </div>
          ))}
        </dl>
      )
    case 'table':
      return <BlockTable table={block} />
  }
}

function BlockTable({ table }: { table: Extract<ReportBlock, { kind: 'table' }> }) {
  if (table.rows.length === 0) return <p className="text-muted">{table.empty}</p>
  return (
    // A region that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a phone.
    <section className="relative overflow-x-auto" tabIndex={0} aria-label={table.caption}>
      <table className="w-full min-w-xl text-sm">
        <caption className="sr-only">{table.caption}</caption>
        <thead>
          <tr className="text-left text-muted">
            {table.heads.map(({ text, number }) => (
              <th key={text} scope="col" className={`py-1.5 pr-4 font-medium ${number ? 'text-right' : ''}`}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows of one report never move.
            <tr key={index} className="border-t border-line align-top">
              {row.map((cell, column) => (
                <td
                  key={table.heads[column]?.text}
                  className={`py-1.5 pr-4 wrap-anywhere ${table.heads[column]?.number ? 'text-right tabular-nums' : ''}`}
                >
                  <VisibleText>{cell}</VisibleText>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

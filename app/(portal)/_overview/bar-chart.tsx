/**
 * Columns over time. Each part is a link for the pointer; whoever reads by keyboard or by ear has the same links in the table under
 * it, so the drawing itself says nothing to them.
 */
import { scaleBand, scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { Drawing, type Mark } from './drawing'
import { hatches, type Look, linked, lookOf, mark } from './marks'

export interface Part {
  /** Names its look, never by colour alone. */
  look: Look
  count: number
  /** Where the ones it counts are listed; null for what is not there yet. */
  href: string | null
}

export interface Column {
  key: string
  /** Under the axis; most have none. */
  label?: string
  /** Said while the pointer is on it. */
  says: string
  parts: Part[]
  /** Worth a look, by a mark above it. */
  marked?: boolean
}

const HEIGHT = 200
const SAYS_HEIGHT = 20
const BOTTOM = HEIGHT - 20

export function BarChart({ id, columns }: { id: string; columns: Column[] }) {
  const most = Math.max(1, ...columns.map(({ parts }) => sum(parts)))
  const y = scaleLinear().domain([0, most]).nice(4).range([BOTTOM, SAYS_HEIGHT])
  const x = scaleBand<string>()
    .domain(columns.map(({ key }) => key))
    .range([0, 100])
    .padding(0.18)
  const ticks = y.ticks(4).filter(Number.isInteger)
  const tickWidth = 12 + 7 * Math.max(...ticks.map((tick) => tick.toLocaleString('en-GB').length))
  const bars = columns.flatMap((column, index) =>
    bar(id, column, {
      left: x(column.key) ?? 0,
      width: x.bandwidth(),
      step: x.step(),
      place: (index + 0.5) / columns.length,
      y,
    }),
  )
  return (
    <div className="flex">
      <Drawing
        width={tickWidth}
        height={HEIGHT}
        className="shrink-0 fill-muted text-2xs tabular-nums"
        marks={ticks.map((tick) =>
          mark('text', { x: tickWidth - 6, y: y(tick), dy: '0.32em', textAnchor: 'end' }, tick.toLocaleString('en-GB')),
        )}
      />
      <Drawing
        width="100%"
        height={HEIGHT}
        className="min-w-0 flex-1 overflow-visible"
        marks={[hatches(id), ...ticks.map((tick) => gridLine(y(tick), tick === 0)), ...bars]}
      />
    </div>
  )
}

function gridLine(at: number, isAxis: boolean): Mark {
  const className = isAxis ? 'stroke-edge' : 'stroke-line'
  return mark('line', { x1: '0', x2: '100%', y1: at, y2: at, className, shapeRendering: 'crispEdges' })
}

interface Place {
  /** In hundredths of the chart's width, as the next two. */
  left: number
  width: number
  step: number
  /** From 0 at the left to 1 at the right. */
  place: number
  y: (count: number) => number
}

function bar(id: string, { parts, says, label, marked }: Column, { left, width, step, place, y }: Place): Mark[] {
  const first = parts.find(({ count, href }) => count > 0 && href !== null)
  const textAnchor = place < 0.25 ? 'start' : place > 0.75 ? 'end' : 'middle'
  const x = `${left + width / 2}%`
  const wholeColumn = mark('rect', {
    x: `${left - (step - width) / 2}%`,
    width: `${step}%`,
    y: SAYS_HEIGHT,
    height: BOTTOM - SAYS_HEIGHT,
    className: 'fill-transparent group-hover/bar:fill-hover',
  })
  let below = 0
  const stacked = parts.flatMap((part) => {
    if (part.count === 0) return []
    const from = y(below)
    below += part.count
    // However small, it is seen.
    const height = Math.max(from - y(below), 2)
    const rect = { x: `${left}%`, width: `${width}%`, y: from - height, height, ...lookOf(part.look, id) }
    return linked(part, [mark('rect', rect)])
  })
  const words = [
    ...(marked ? [mark('text', { x, y: y(below) - 5, textAnchor: 'middle', className: MARKED }, '▲')] : []),
    ...(label
      ? [mark('text', { x, y: BOTTOM + 15, textAnchor: 'middle', className: 'fill-muted text-2xs' }, label)]
      : []),
    mark('text', { x, y: 12, textAnchor, className: SAYS }, says),
  ]
  return [mark('g', { className: 'group/bar' }, [...linked(first, [wholeColumn]), ...stacked, ...words])]
}

const MARKED = 'fill-warn text-2xs font-semibold group-hover/bar:opacity-0'
const SAYS = 'pointer-events-none fill-ink text-xs opacity-0 group-hover/bar:opacity-100'

export function Legend({ id, items }: { id: string; items: { look: Look; text: ReactNode }[] }) {
  const legend = `${id}-legend`
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {items.map(({ look, text }) => (
        <li key={look} className="flex items-center gap-1.5">
          <Drawing
            width={12}
            height={12}
            className="shrink-0"
            marks={[
              hatches(`${legend}-${look}`),
              mark('rect', { x: 0.5, y: 0.5, width: 11, height: 11, rx: 2, ...lookOf(look, `${legend}-${look}`) }),
            ]}
          />
          {text}
        </li>
      ))}
    </ul>
  )
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { count }) => total + count, 0)
}

/**
 * Columns over time, drawn on the server. Each part is a link for the pointer; whoever reads by keyboard or by ear has the same
 * links in the table under it, so the drawing itself says nothing to them.
 */
import { scaleBand, scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { cx } from '@/app/_components/cx'

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

export type Look = 'solid' | 'failed' | 'done' | 'supposed'

interface BarChartProps {
  id: string
  columns: Column[]
  height?: number
}

const SAYS_HEIGHT = 20
const AXIS_HEIGHT = 20

export function BarChart({ id, columns, height = 200 }: BarChartProps) {
  const bottom = height - AXIS_HEIGHT
  const most = Math.max(1, ...columns.map(({ parts }) => sum(parts)))
  const y = scaleLinear().domain([0, most]).nice(4).range([bottom, SAYS_HEIGHT])
  const x = scaleBand<string>()
    .domain(columns.map(({ key }) => key))
    .range([0, 100])
    .padding(0.18)
  const ticks = y.ticks(4).filter(Number.isInteger)
  return (
    <div className="flex">
      <svg aria-hidden width={tickWidth(ticks)} height={height} className="shrink-0 fill-muted text-2xs tabular-nums">
        {ticks.map((tick) => (
          <text key={tick} x={tickWidth(ticks) - 6} y={y(tick)} dy="0.32em" textAnchor="end">
            {tick.toLocaleString('en-GB')}
          </text>
        ))}
      </svg>
      <svg aria-hidden width="100%" height={height} className="min-w-0 flex-1 overflow-visible">
        <Hatches id={id} />
        {ticks.map((tick) => (
          <line
            key={tick}
            x1="0"
            x2="100%"
            y1={y(tick)}
            y2={y(tick)}
            className={tick === 0 ? 'stroke-edge' : 'stroke-line'}
            shapeRendering="crispEdges"
          />
        ))}
        {columns.map((column, index) => (
          <Bar
            key={column.key}
            id={id}
            column={column}
            left={x(column.key) ?? 0}
            width={x.bandwidth()}
            step={x.step()}
            place={(index + 0.5) / columns.length}
            y={y}
            bottom={bottom}
          />
        ))}
      </svg>
    </div>
  )
}

interface BarProps {
  id: string
  column: Column
  /** In hundredths of the chart's width, as all of these. */
  left: number
  width: number
  step: number
  /** From 0 at the left to 1 at the right. */
  place: number
  y: (count: number) => number
  bottom: number
}

function Bar({ id, column, left, width, step, place, y, bottom }: BarProps) {
  const total = sum(column.parts)
  const first = column.parts.find(({ count, href }) => count > 0 && href !== null)
  const anchor = place < 0.25 ? 'start' : place > 0.75 ? 'end' : 'middle'
  const middle = `${left + width / 2}%`
  let below = 0
  return (
    <g className="group/bar">
      <Linked part={first}>
        <rect
          x={`${left - (step - width) / 2}%`}
          width={`${step}%`}
          y={SAYS_HEIGHT}
          height={bottom - SAYS_HEIGHT}
          className="fill-transparent group-hover/bar:fill-hover"
        />
      </Linked>
      {column.parts.map((part) => {
        if (part.count === 0) return null
        const from = y(below)
        below += part.count
        // However small, it is seen.
        const tall = Math.max(from - y(below), 2)
        return (
          <Linked key={part.look} part={part}>
            <rect
              x={`${left}%`}
              width={`${width}%`}
              y={from - tall}
              height={tall}
              className={LOOKS[part.look]}
              {...(HATCHED[part.look] && { fill: `url(#${id}-${part.look})` })}
            />
          </Linked>
        )
      })}
      {column.marked && (
        <text
          x={middle}
          y={y(total) - 5}
          textAnchor="middle"
          className="fill-warn text-2xs font-semibold group-hover/bar:opacity-0"
        >
          ▲
        </text>
      )}
      {column.label && (
        <text x={middle} y={bottom + 15} textAnchor={anchor} className="fill-muted text-2xs">
          {column.label}
        </text>
      )}
      <text
        x={middle}
        y={12}
        textAnchor={anchor}
        className="pointer-events-none fill-ink text-xs opacity-0 group-hover/bar:opacity-100"
      >
        {column.says}
      </text>
    </g>
  )
}

/** Whoever goes from link to link meets those of the table, not hundreds of bars. */
function Linked({ part, children }: { part: Part | undefined; children: ReactNode }) {
  if (part === undefined || part.href === null) return children
  return (
    <a href={part.href} tabIndex={-1} data-count={part.count}>
      {children}
    </a>
  )
}

const LOOKS: Record<Look, string> = {
  solid: 'fill-accent',
  failed: 'stroke-bad',
  done: 'stroke-muted',
  supposed: 'fill-brass stroke-ink',
}
const HATCHED: Record<Look, boolean> = { solid: false, failed: true, done: true, supposed: false }

/** Lines to the right for what failed, dots for what is done already. */
function Hatches({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}-failed`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="5" height="5" className="fill-bad-soft" />
        <rect width="2.5" height="5" className="fill-bad" />
      </pattern>
      <pattern id={`${id}-done`} width="5" height="5" patternUnits="userSpaceOnUse">
        <rect width="5" height="5" className="fill-sunken" />
        <circle cx="2.5" cy="2.5" r="1.1" className="fill-muted" />
      </pattern>
    </defs>
  )
}

export function Legend({ id, items }: { id: string; items: { look: Look; text: ReactNode }[] }) {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {items.map(({ look, text }) => (
        <li key={look} className="flex items-center gap-1.5">
          <svg width="12" height="12" aria-hidden className="shrink-0">
            <Hatches id={`${id}-legend`} />
            <rect
              x="0.5"
              y="0.5"
              width="11"
              height="11"
              rx="2"
              className={cx(LOOKS[look])}
              {...(HATCHED[look] && { fill: `url(#${id}-legend-${look})` })}
            />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  )
}

function tickWidth(ticks: readonly number[]): number {
  return 12 + 7 * Math.max(...ticks.map((tick) => tick.toLocaleString('en-GB').length))
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { count }) => total + count, 0)
}

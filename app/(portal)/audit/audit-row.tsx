/** One event: a line to read, and behind it everything that was recorded, drawn when somebody opens it. */
'use client'

import { ChevronRight } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { cx } from '@/app/_components/cx'
import { Instant } from '@/app/_components/instant'
import { AuditOutcomeBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { AuditEventView } from '@/lib/services/audit'

const load = () => import('./event-facts')
const EventFacts = lazy(() => load().then(({ EventFacts }) => ({ default: EventFacts })))

export interface AuditRowProps {
  event: AuditEventView
  /** Of what it is about, while that exists and has one. */
  page: string | null
  /** What it is about, for a link to everything about that. */
  reference: string | null
  /** Names of the columns beside the sentence. */
  columns: readonly string[]
}

export function AuditRow({ event, page, reference, columns }: AuditRowProps) {
  const { seq, type, actor, source, outcome, time } = event
  const shows = (column: string) => columns.includes(column)
  const row = useRef<HTMLDetailsElement>(null)
  const [opened, setOpened] = useState(false)
  // Somebody may have opened it before this ran.
  useEffect(() => setOpened(row.current?.open === true), [])
  return (
    <li className="border-t border-line first:border-t-0">
      <details ref={row} className="group" onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}>
        <summary
          onPointerEnter={() => void load().catch(() => {})}
          className="grid list-none grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2.5 gap-y-1 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2 md:flex"
        >
          <ChevronRight
            className="mt-0.75 size-4 shrink-0 text-faint transition-transform group-open:rotate-90"
            aria-hidden
          />
          <span className="min-w-0 wrap-anywhere md:flex-1">
            <VisibleText>{event.sentence}</VisibleText>
          </span>
          <span className="col-start-2 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm leading-5.5 text-muted md:contents">
            {shows('outcome') && outcome !== 'success' && outcome !== 'pending' && (
              <span className="md:shrink-0">
                <AuditOutcomeBadge outcome={outcome} />
              </span>
            )}
            {shows('event') && <code className={cx(CELL, 'font-mono text-xs leading-5.5 md:w-44')}>{type}</code>}
            {shows('actor') && (
              <span className={cx(CELL, 'md:w-32')}>
                <VisibleText>{actor.name}</VisibleText>
              </span>
            )}
            {shows('address') && <span className={cx(CELL, 'md:w-30')}>{source.ip ?? 'this machine'}</span>}
            {shows('number') && <span className={cx(CELL, 'tabular-nums md:w-20 md:text-right')}>{seq}</span>}
            {shows('happened') && (
              <span className={cx(CELL, 'md:w-38 md:text-right')}>
                <Instant at={time} className="tabular-nums" />
              </span>
            )}
          </span>
        </summary>
        {opened && (
          <div className="border-t border-line bg-sunken px-4 py-4 sm:pl-10.5">
            <Suspense fallback={<p className="text-sm text-muted">Loading…</p>}>
              <EventFacts event={event} page={page} reference={reference} />
            </Suspense>
          </div>
        )}
      </details>
    </li>
  )
}

/** As wide as its fellows where rows stand as columns. */
const CELL = 'empty:hidden md:block md:shrink-0 md:truncate md:text-sm md:leading-5.5 md:text-muted md:empty:block'

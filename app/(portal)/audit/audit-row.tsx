/** One event: a line to read, and behind it everything that was recorded, drawn when somebody opens it. */
'use client'

import { ChevronRight } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
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
}

export function AuditRow({ event, page, reference }: AuditRowProps) {
  const { source, outcome } = event
  const row = useRef<HTMLDetailsElement>(null)
  const [opened, setOpened] = useState(false)
  // Somebody may have opened it before this ran.
  useEffect(() => setOpened(row.current?.open === true), [])
  return (
    <li className="border-t border-line first:border-t-0">
      <details ref={row} className="group" onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}>
        <summary
          onPointerEnter={() => void load().catch(() => {})}
          className="grid list-none grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2.5 gap-y-1 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2 md:grid-cols-[auto_minmax(0,1fr)_auto_7.5rem_9.5rem]"
        >
          <ChevronRight className="mt-0.75 size-4 text-faint transition-transform group-open:rotate-90" aria-hidden />
          <span className="min-w-0 wrap-anywhere">
            <VisibleText>{event.sentence}</VisibleText>
          </span>
          <span className="col-start-2 md:col-start-auto">
            {outcome !== 'success' && outcome !== 'pending' && <AuditOutcomeBadge outcome={outcome} />}
          </span>
          <span className="hidden truncate text-sm leading-5.5 text-muted md:block">{source.ip}</span>
          <span className="col-start-2 text-sm leading-5.5 text-muted md:col-start-auto md:text-right">
            <Instant at={event.time} className="tabular-nums" />
            {source.ip && <span className="ml-2 md:hidden">{source.ip}</span>}
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

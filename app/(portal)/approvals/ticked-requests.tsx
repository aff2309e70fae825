/** Requests with a box to tick on each that waits, and the ways to decide about the ticked ones or all that match. */
'use client'

import type { ReactNode } from 'react'
import { useTicked } from '@/app/_components/use-ticked'
import type { Matches } from '@/lib/services/listing'
import { DecideMany } from './decide-many'

interface TickedRequestsProps {
  /** The filters of the list, as its address has them. */
  query: string
  /** Those of them that wait for this person's word. */
  waiting: Matches
  /** When they were counted. */
  now: string
  children: ReactNode
}

export function TickedRequests({ query, waiting, now, children }: TickedRequestsProps) {
  const { frame, all, onChange, ticked } = useTicked('request', children)
  const these = { values: { requests: ticked.join(' '), before: now }, waiting: { count: ticked.length, more: false } }
  const every = { values: { query, before: now }, waiting, all: true }
  return (
    <div ref={frame} onChange={onChange}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2 sm:px-5">
        <label className="inline-flex items-center gap-3 text-sm">
          <input ref={all} type="checkbox" className="size-4 accent-accent" />
          All that wait on this page
        </label>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {ticked.length > 0 && (
            <>
              <DecideMany verb="approve" {...these} />
              <DecideMany verb="deny" {...these} />
            </>
          )}
          {waiting.count > 0 && (
            <>
              <DecideMany verb="approve" {...every} />
              <DecideMany verb="deny" {...every} />
            </>
          )}
        </div>
      </div>
      {children}
    </div>
  )
}

/** Challenges with a box to tick on each that waits, and the ways to revoke the ticked ones or all that match. */
'use client'

import type { ReactNode } from 'react'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { useTicked } from '@/app/_components/use-ticked'
import type { Matches } from '@/lib/services/listing'
import { revokeChallenges } from './actions'

interface TickedChallengesProps {
  /** The filters of the list, as its address has them. */
  query: string
  /** Those of them that wait. */
  waiting: Matches
  /** Whether the filters let any through that wait. */
  some: boolean
  /** When they were counted. */
  now: string
  children: ReactNode
}

export function TickedChallenges({ query, waiting, some, now, children }: TickedChallengesProps) {
  const { frame, all, onChange, ticked } = useTicked('challenge', children)
  const number = `${waiting.more ? 'more than ' : ''}${waiting.count.toLocaleString('en-GB')}`
  return (
    <div ref={frame} onChange={onChange}>
      {some && waiting.count > 0 && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2 sm:px-5">
          <label className="inline-flex items-center gap-3 text-sm">
            <input ref={all} type="checkbox" className="size-4 accent-accent" />
            All that wait on this page
          </label>
          <div className="ml-auto flex flex-wrap items-center gap-2">
            {ticked.length > 0 && (
              <ConfirmAction
                action={revokeChallenges}
                values={{ challenges: ticked.join(' '), before: now }}
                size="small"
                label={`Revoke ${ticked.length} ticked`}
                title={`Revoke ${ticked.length === 1 ? 'this challenge' : `these ${ticked.length} challenges`}?`}
                confirm="Revoke"
                done="Revoked."
              >
                Devices that have them cannot enrol with them any more. Certificates that were issued stay valid.
              </ConfirmAction>
            )}
            <ConfirmAction
              action={revokeChallenges}
              values={{ query, before: now }}
              size="small"
              variant="quiet"
              label="Revoke all that match"
              title={`Revoke ${number} ${waiting.count === 1 && !waiting.more ? 'challenge' : 'challenges'}?`}
              confirm="Revoke all"
              done="Revoked."
            >
              All that match the filters and wait for a device, on all pages. What was minted since this page was made
              is left alone.
            </ConfirmAction>
          </div>
        </div>
      )}
      {children}
    </div>
  )
}

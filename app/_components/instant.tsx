/** A moment in the reader's time zone; the exact UTC is in its tooltip, and in the markup for programs. */
'use client'

import { formatDay, formatMoment, formatRelative, formatUtc } from './format-time'
import { useNow, useZone } from './reader'
import { Tooltip } from './tooltip'

interface InstantProps {
  at: Date
  show?: 'moment' | 'day' | 'relative'
  className?: string
}

export function Instant({ at, show = 'moment', className }: InstantProps) {
  const zone = useZone()
  const now = useNow()
  const local = formatMoment(at, zone)
  const text = show === 'day' ? formatDay(at, zone) : show === 'relative' ? formatRelative(at, now) : local
  const exact = show === 'relative' ? `${local} · ${formatUtc(at)}` : formatUtc(at)
  return (
    <Tooltip text={exact}>
      <time dateTime={at.toISOString()} className={className}>
        {text}
      </time>
    </Tooltip>
  )
}

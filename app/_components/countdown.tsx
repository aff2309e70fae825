/** What is left until a moment, by the second. For values made in this very page; it has no server rendering. */
'use client'

import { useEffect, useState } from 'react'
import { formatRemaining } from './format-time'

export function Countdown({ until, over }: { until: Date; over: string }) {
  const [now, setNow] = useState(() => Date.now())
  const left = until.getTime() - now
  const ended = left <= 0
  useEffect(() => {
    if (ended) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ended])
  if (ended) return <span className="font-medium text-bad">{over}</span>
  return (
    <span role="timer" className="tabular-nums">
      {formatRemaining(left)}
    </span>
  )
}

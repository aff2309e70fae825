/** How far it is; while it runs the page looks again by itself. */
'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

interface ProgressProps {
  running: boolean
  done: number
  skipped: number
  total: number
}

const LOOK_EVERY_MS = 1_500

export function Progress({ running, done, skipped, total }: ProgressProps) {
  const router = useRouter()
  useEffect(() => {
    if (!running) return
    const looking = setInterval(() => router.refresh(), LOOK_EVERY_MS)
    return () => clearInterval(looking)
  }, [running, router])
  return (
    <div className="grid gap-2" aria-live="polite">
      <p>
        <span className="font-medium">{done} done</span>
        {skipped > 0 && `, ${skipped} skipped`}
        <span className="text-muted"> of {total}</span>
      </p>
      <progress
        className="h-2 w-full overflow-hidden rounded-full"
        value={done + skipped}
        max={Math.max(total, 1)}
        aria-label="Certificates worked through"
      />
    </div>
  )
}

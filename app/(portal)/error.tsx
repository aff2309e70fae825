/** A page that could not be made: calm, with a reference for the log and a way to try again. */
'use client'

import { CloudOff } from 'lucide-react'
import { Button } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'

export default function PageFault({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <EmptyState
      whole
      icon={CloudOff}
      title="This page could not be loaded"
      action={
        <Button variant="primary" onClick={reset}>
          Try again
        </Button>
      }
    >
      The database or the signer may be out of reach for a moment. Nothing was changed.
      {error.digest && ` Reference for the log: ${error.digest}.`}
    </EmptyState>
  )
}

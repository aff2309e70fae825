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
        <Button variant="primary" onClick={() => (isPartMissing(error) ? location.reload() : reset())}>
          Try again
        </Button>
      }
    >
      The database or the signer may be out of reach for a moment. Nothing was changed.
      {error.digest && ` Reference for the log: ${error.digest}.`}
    </EmptyState>
  )
}

/** A part of the page's script that did not come, or that an upgrade has replaced: asked for again, it fails again. */
function isPartMissing({ name, message }: Error): boolean {
  return (
    name === 'ChunkLoadError' || /loading (css )?chunk|failed to load chunk|dynamically imported module/i.test(message)
  )
}

/** How the inventory was read last, and has all of it read now. What comes of that stands among the calls. */
'use client'

import type { ReactNode } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { syncConnector } from './actions'

export function SyncCard({ slug, children }: { slug: string; children: ReactNode }) {
  const { state, pending, onSubmit } = useAction(syncConnector)
  return (
    <Card
      title="Inventory"
      action={
        <form onSubmit={onSubmit}>
          <input type="hidden" name="slug" value={slug} />
          <SubmitButton pending={pending} variant="secondary" size="small">
            Sync now
          </SubmitButton>
        </form>
      }
    >
      <div className="mb-3">{children}</div>
      <div className="grid gap-3" aria-live="polite">
        <p className="text-muted">
          {state.status === 'done'
            ? 'It is read within seconds. Its end stands among the calls, as “full sync”.'
            : 'Read by itself as the settings say, or at once.'}
        </p>
        <FormProblem state={state} />
      </div>
    </Card>
  )
}

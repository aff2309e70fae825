/** Ends one session after asking. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { endSession } from './actions'

export function EndSession({ id, name }: { id: string; name: string }) {
  return (
    <ConfirmAction
      action={endSession}
      values={{ id }}
      size="small"
      label="End"
      title="End this session?"
      confirm="End session"
      done="Session ended"
    >
      <p>{name} is signed out there with the next click, and has to sign in again.</p>
    </ConfirmAction>
  )
}

/** Takes back a challenge that has not been used. */
'use client'

import { revokeChallenge } from '@/app/(portal)/challenges/actions'
import { ConfirmAction } from './confirm-action'

export function RevokeChallenge({ id, subject }: { id: string; subject: string }) {
  return (
    <ConfirmAction
      action={revokeChallenge}
      values={{ id }}
      size="small"
      label="Revoke"
      title="Revoke this challenge?"
      confirm="Revoke challenge"
      done="Challenge revoked"
    >
      <p>
        The device named <strong className="font-medium text-ink">{subject || 'in it'}</strong> can no longer enrol with
        it. This cannot be undone; you can mint another.
      </p>
    </ConfirmAction>
  )
}

/** Revokes one key after asking. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { revokeApiKey } from './actions'

export function RevokeApiKey({ id, name }: { id: string; name: string }) {
  return (
    <ConfirmAction
      action={revokeApiKey}
      values={{ id }}
      size="small"
      label="Revoke"
      title={`Revoke ${name}?`}
      confirm="Revoke key"
      done="API key revoked"
    >
      <p>Programs that use it are refused from their next request on. This cannot be undone; you can create another.</p>
    </ConfirmAction>
  )
}

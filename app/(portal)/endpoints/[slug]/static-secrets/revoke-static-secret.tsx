/** Takes a static secret back, at once. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { revokeStaticSecret } from './actions'

export function RevokeStaticSecret({ slug, id, hint }: { slug: string; id: string; hint: string }) {
  return (
    <ConfirmAction
      action={revokeStaticSecret}
      values={{ slug, id }}
      size="small"
      label="Revoke"
      title={`Revoke the secret ${hint}…?`}
      confirm="Revoke secret"
      done="Static secret revoked"
    >
      <p>
        Devices that have it are refused from the next request on. Certificates it led to stay valid. This cannot be
        undone; you can create another.
      </p>
    </ConfirmAction>
  )
}

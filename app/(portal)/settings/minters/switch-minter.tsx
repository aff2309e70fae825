/** Switches a minter off, and on again. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { switchMinter } from './actions'

export function SwitchMinter({ id, name, enabled }: { id: string; name: string; enabled: boolean }) {
  return (
    <ConfirmAction
      action={switchMinter}
      values={{ id, enabled: String(!enabled) }}
      size="small"
      label={enabled ? 'Disable' : 'Enable'}
      title={enabled ? `Disable ${name}?` : `Enable ${name}?`}
      confirm={enabled ? 'Disable minter' : 'Enable minter'}
      done={enabled ? 'Minter disabled' : 'Minter enabled'}
      harmless={!enabled}
      {...(enabled ? {} : { variant: 'secondary' as const })}
    >
      <p>
        {enabled
          ? 'From now on no challenge that it signed is taken, those on their way included. Certificates stay as they are.'
          : 'Challenges that it signs are taken again.'}
      </p>
    </ConfirmAction>
  )
}

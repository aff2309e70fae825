/** Shows or hides the public page of a group's CA certificates; hiding asks first. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { switchTrustPage } from './actions'

export function SwitchTrustPage({ slug, name, enabled }: { slug: string; name: string; enabled: boolean }) {
  return enabled ? (
    <ConfirmAction
      action={switchTrustPage}
      values={{ slug, enabled: 'false' }}
      label="Switch off"
      size="small"
      title={`Hide the trust page of ${name}?`}
      confirm="Switch off"
      done="Trust page switched off"
    >
      <p>Its address and its downloads answer as if the group did not exist. Links and QR codes in use stop working.</p>
      <p>You can switch it on again at any time, under the same address.</p>
    </ConfirmAction>
  ) : (
    <ConfirmAction
      action={switchTrustPage}
      values={{ slug, enabled: 'true' }}
      variant="secondary"
      size="small"
      harmless
      label="Switch on"
      title={`Show the trust page of ${name}?`}
      confirm="Switch on"
      done="Trust page switched on"
    >
      <p>Anybody who has the address can read the CA certificates there, without signing in.</p>
    </ConfirmAction>
  )
}

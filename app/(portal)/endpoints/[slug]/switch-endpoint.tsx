/** Devices in or out, at once; switching off asks first. */
'use client'

import { Power, PowerOff } from 'lucide-react'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { switchEndpoint } from '@/app/(portal)/endpoints/actions'

export function SwitchEndpoint({ slug, group, enabled }: { slug: string; group: string; enabled: boolean }) {
  return enabled ? (
    <ConfirmAction
      action={switchEndpoint}
      values={{ slug, enabled: 'false' }}
      label={
        <>
          <PowerOff aria-hidden />
          Switch off
        </>
      }
      title={`Stop enrolments of ${group}?`}
      confirm="Switch off"
      done="Endpoint switched off"
    >
      <p>
        From the next request on, devices are refused here. Certificates already issued stay valid, and their revocation
        list is still served.
      </p>
      <p>You can switch it on again at any time.</p>
    </ConfirmAction>
  ) : (
    <ConfirmAction
      action={switchEndpoint}
      values={{ slug, enabled: 'true' }}
      variant="secondary"
      harmless
      label={
        <>
          <Power aria-hidden />
          Switch on
        </>
      }
      title={`Let devices of ${group} enrol again?`}
      confirm="Switch on"
      done="Endpoint switched on"
    >
      <p>Devices with a valid challenge get certificates from the next request on.</p>
    </ConfirmAction>
  )
}

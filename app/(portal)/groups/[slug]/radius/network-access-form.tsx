/** What the network grants to a group, as a form. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { Choice, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { saveNetworkAccess } from './actions'

export interface NetworkAccessFormProps {
  group: string
  enabled: boolean
  vlan: string
  filterId: string
  class: string
  sessionTimeoutSeconds: string
  /** One a line. */
  ssids: string
  networkServers: string
  windows: string
  timeZone: string
  mayChange: boolean
}

export function NetworkAccessForm({ group, mayChange, ...access }: NetworkAccessFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(saveNetworkAccess, () => toast('Network access saved'))
  return (
    <form onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">Network access</legend>
        <input type="hidden" name="group" value={group} />
        <Choice
          name="enabled"
          defaultChecked={access.enabled}
          title="Let in certificates of this group"
          description="Off, every login is refused at once, whatever else is set here."
        />
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            label="VLAN"
            name="vlan"
            defaultValue={access.vlan}
            hint="1 to 4094, or a name that the switch knows. Empty: the port's own."
            error={fieldError('vlan')}
            autoComplete="off"
          />
          <TextField
            label="Session, seconds"
            name="sessionTimeoutSeconds"
            inputMode="numeric"
            defaultValue={access.sessionTimeoutSeconds}
            hint="Then the device is asked again: so long a revoked one may stay. Empty: no end."
            error={fieldError('sessionTimeoutSeconds')}
            autoComplete="off"
          />
          <TextField
            label="Filter-Id"
            name="filterId"
            defaultValue={access.filterId}
            hint="Access list or role on the switch."
            error={fieldError('filterId')}
            autoComplete="off"
          />
          <TextField
            label="Class"
            name="class"
            defaultValue={access.class}
            hint="Comes back in accounting."
            error={fieldError('class')}
            autoComplete="off"
          />
          <TextArea
            label="Wireless networks"
            name="ssids"
            defaultValue={access.ssids}
            hint="One SSID a line. Empty: any, and cables too."
            error={fieldError('ssids')}
          />
          <TextArea
            label="Access points and switches"
            name="networkServers"
            defaultValue={access.networkServers}
            hint="One a line: NAS-Identifier, address or network. Empty: any."
            error={fieldError('networkServers')}
          />
          <TextArea
            label="Hours"
            name="windows"
            defaultValue={access.windows}
            placeholder="mon-fri=08:00-18:00"
            hint="One window a line. Empty: always. Sessions end with the window."
            error={fieldError('windows')}
          />
          <TextField
            label="Time zone of the hours"
            name="timeZone"
            defaultValue={access.timeZone}
            hint="Such as Europe/Zurich."
            error={fieldError('timeZone')}
            autoComplete="off"
            required
          />
        </div>
        <FormProblem state={state} />
        {mayChange && (
          <div className="flex justify-end">
            <SubmitButton pending={pending}>Save</SubmitButton>
          </div>
        )}
      </fieldset>
    </form>
  )
}

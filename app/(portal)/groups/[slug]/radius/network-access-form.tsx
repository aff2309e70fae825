/** What the network grants to a group, as a form. */
'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Choice, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Notice } from '@/app/_components/notice'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { useChanged } from '@/app/_components/use-changed'
import { type GoOn, GoOnButtons } from '@/app/(portal)/groups/[slug]/set-up/go-on'
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
  /** In the set-up of a group: saving leads on. */
  goOn?: GoOn
}

/** Something beside the switch, the time zone aside, which says nothing alone. */
function isSet({ enabled: _, timeZone: __, ...values }: Omit<NetworkAccessFormProps, 'group' | 'mayChange' | 'goOn'>) {
  return Object.values(values).some((value) => value !== '')
}

export function NetworkAccessForm({ group, mayChange, goOn, ...access }: NetworkAccessFormProps) {
  const router = useRouter()
  const { form, changed, onChange, saved } = useChanged(goOn !== undefined)
  const [letIn, setLetIn] = useState(access.enabled)
  const { state, pending, onSubmit, fieldError } = useAction(saveNetworkAccess, () => {
    saved()
    if (goOn) router.push(goOn.href)
    else toast('Network access saved', letIn ? undefined : 'It is off: nobody is let in yet.')
  })
  return (
    <form ref={form} onChange={onChange} onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">Network access</legend>
        <input type="hidden" name="group" value={group} />
        <Choice
          name="enabled"
          defaultChecked={access.enabled}
          onChange={(event) => setLetIn(event.target.checked)}
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
        {!letIn && (changed || isSet(access)) && (
          <Notice tone="warn" title="Nobody is let in yet">
            What you enter here is kept, but counts only once “Let in certificates of this group” is ticked.
          </Notice>
        )}
        <FormProblem state={state} />
        {mayChange && goOn && (
          <GoOnButtons goOn={goOn}>
            {changed && <SubmitButton pending={pending}>Save and go on</SubmitButton>}
          </GoOnButtons>
        )}
        {mayChange && !goOn && (
          <div className="flex justify-end">
            <SubmitButton pending={pending}>Save</SubmitButton>
          </div>
        )}
      </fieldset>
    </form>
  )
}

/** An endpoint's settings; what weakens it says so. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { Choice, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { saveEndpointSettings } from '@/app/(portal)/endpoints/actions'
import type { EndpointView } from '@/lib/services/groups'

const WHY_ON = 'On by default because many devices in the field speak nothing newer; switch it off once yours do.'

interface SettingsFormProps {
  slug: string
  settings: Pick<EndpointView, 'challengeTtlMinutes' | 'includeRoot' | 'allowSha1' | 'allow3des'>
  mayChange: boolean
}

export function SettingsForm({ slug, settings, mayChange }: SettingsFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(saveEndpointSettings, () => toast('Settings saved'))
  return (
    <form onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">Endpoint settings</legend>
        <input type="hidden" name="slug" value={slug} />
        <TextField
          label="Challenges live for, minutes"
          name="challengeTtlMinutes"
          type="number"
          inputMode="numeric"
          min={1}
          max={1440}
          defaultValue={settings.challengeTtlMinutes}
          hint="What minting suggests. An hour suits most; a day is the longest."
          error={fieldError('challengeTtlMinutes')}
          required
        />
        <Choice
          name="includeRoot"
          defaultChecked={settings.includeRoot}
          title="Send the root along"
          description="GetCACert answers with the whole chain. strongSwan, and devices told the root's fingerprint, need it."
        />
        <Choice
          name="allowSha1"
          defaultChecked={settings.allowSha1}
          title="Accept SHA-1 signatures"
          description={`Weakens this endpoint: for devices that cannot sign with SHA-256. ${WHY_ON}`}
          caution
        />
        <Choice
          name="allow3des"
          defaultChecked={settings.allow3des}
          title="Accept 3DES encryption"
          description={`Weakens this endpoint: for devices that cannot encrypt with AES. ${WHY_ON}`}
          caution
        />
        <FormProblem state={state} />
        {mayChange && (
          <div className="flex justify-end">
            <SubmitButton pending={pending}>Save settings</SubmitButton>
          </div>
        )}
      </fieldset>
    </form>
  )
}

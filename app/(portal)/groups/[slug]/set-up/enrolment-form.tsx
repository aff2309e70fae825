/** Who may enrol into the new group, for how long a challenge waits and a certificate holds. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { ChoiceList, SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { useChanged } from '@/app/_components/use-changed'
import { policyChoices } from '@/app/(portal)/endpoints/policies'
import type { EndpointPolicy } from '@/lib/services/endpoint-settings'
import { saveEnrolmentStep } from './actions'
import { type GoOn, GoOnButtons } from './go-on'

interface EnrolmentFormProps {
  group: string
  endpoint: { slug: string; policy: EndpointPolicy; challengeTtlMinutes: number; validityDays: number }
  validatorId: string | null
  validators: { id: string; name: string }[]
  goOn?: GoOn
}

export function EnrolmentForm({ group, endpoint, validatorId, validators, goOn }: EnrolmentFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(saveEnrolmentStep)
  const { form, changed, onChange } = useChanged(true)
  return (
    <form ref={form} onChange={onChange} onSubmit={onSubmit} className="grid gap-5">
      <input type="hidden" name="group" value={group} />
      <input type="hidden" name="endpoint" value={endpoint.slug} />
      <ChoiceList
        legend="Who may enrol"
        name="policy"
        choices={policyChoices(validators.length > 0)}
        chosen={endpoint.policy}
        error={fieldError('policy')}
      />
      {validators.length > 0 && (
        <SelectField
          label="Who is asked, where another system decides"
          name="validatorId"
          defaultValue={validatorId ?? ''}
          error={fieldError('validatorId')}
        >
          <option value="">Nobody</option>
          {validators.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label="A challenge waits, minutes"
          name="challengeTtlMinutes"
          inputMode="numeric"
          defaultValue={endpoint.challengeTtlMinutes}
          hint="From its minting to its use. Short is safe: an hour does for a person at the device."
          error={fieldError('challengeTtlMinutes')}
          autoComplete="off"
        />
        <TextField
          label="A certificate holds, days"
          name="validityDays"
          inputMode="numeric"
          defaultValue={endpoint.validityDays}
          hint="Devices renew in the last third by themselves."
          error={fieldError('validityDays')}
          autoComplete="off"
        />
      </div>
      <FormProblem state={state} />
      {goOn && (
        <GoOnButtons goOn={goOn}>
          {changed && <SubmitButton pending={pending}>Save and go on</SubmitButton>}
        </GoOnButtons>
      )}
    </form>
  )
}

/** Two numbers of days. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { Retention } from '@/lib/services/retention'
import { saveRetention } from './actions'

export function RetentionForm({ retention }: { retention: Retention }) {
  const { state, pending, onSubmit, fieldError } = useAction(saveRetention, () =>
    toast('Retention saved', 'It holds for what is kept already, too.'),
  )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <Days
        name="issuedDays"
        label="What went well, days"
        hint="Also what waits for approval."
        value={retention.issuedDays}
        error={fieldError('issuedDays')}
      />
      <Days
        name="failedDays"
        label="Refusals and failures, days"
        hint="The list of enrolments forgets refused attempts after the same time."
        value={retention.failedDays}
        error={fieldError('failedDays')}
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Save retention</SubmitButton>
      </div>
    </form>
  )
}

interface DaysProps {
  name: keyof Retention
  label: string
  hint: string
  value: number
  error: string | undefined
}

function Days({ name, label, hint, value, error }: DaysProps) {
  return (
    <TextField
      name={name}
      label={label}
      hint={hint}
      error={error}
      type="number"
      inputMode="numeric"
      min={1}
      max={730}
      defaultValue={value}
      required
    />
  )
}

/** How many devices a brake lets pass within an hour. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { changeBrake } from '@/app/(portal)/devices/actions'

interface BrakeFormProps {
  connector: string
  mostPerHour: number
  mayChange: boolean
}

export function BrakeForm({ connector, mostPerHour, mayChange }: BrakeFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(changeBrake, () => toast('Brake saved'))
  return (
    <form onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid max-w-md min-w-0 gap-3">
        <legend className="sr-only">Brake</legend>
        <input type="hidden" name="connector" value={connector} />
        <TextField
          label="Devices an hour without an administrator's word"
          name="mostPerHour"
          inputMode="numeric"
          defaultValue={String(mostPerHour)}
          hint="What is beyond waits here, and is an alarm on the overview. 0: each one waits."
          error={fieldError('mostPerHour')}
          autoComplete="off"
        />
        <FormProblem state={state} />
        {mayChange && (
          <div>
            <SubmitButton pending={pending} variant="secondary">
              Save
            </SubmitButton>
          </div>
        )}
      </fieldset>
    </form>
  )
}

/** The name of the group, typed, before nobody enrols into it any more. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { retireGroup } from './actions'

export function RetireForm({ group }: { group: { slug: string; name: string } }) {
  const { state, pending, onSubmit, fieldError } = useAction(retireGroup, () => toast(`${group.name} is retired`))
  return (
    <form onSubmit={onSubmit} className="grid gap-5">
      <input type="hidden" name="group" value={group.slug} />
      <TextField
        label={
          <>
            Type <strong className="font-semibold wrap-anywhere">{group.name}</strong> to confirm
          </>
        }
        name="confirmation"
        autoComplete="off"
        error={fieldError('confirmation')}
        required
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending} variant="danger">
          Retire {group.name}
        </SubmitButton>
      </div>
    </form>
  )
}

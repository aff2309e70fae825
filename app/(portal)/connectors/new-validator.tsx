/** A new validator: what it is, then what to paste on its side. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { addValidator } from './actions'
import { ValidatorFields } from './validator-fields'

export function NewValidator() {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Add validator
        </>
      }
      title="Add a validator"
    >
      <NewValidatorForm />
    </Dialog>
  )
}

function NewValidatorForm() {
  const { state, pending, onSubmit, fieldError } = useAction(addValidator)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Give these to <strong className="font-medium text-ink">{state.result.name}</strong>. The secret signs each
          message and is not shown again.
        </p>
        <div className="grid gap-1.5">
          <p className="text-sm font-medium">Secret</p>
          <CopyValue value={state.result.secret} what="secret" />
        </div>
        <div className="grid gap-1.5">
          <p className="text-sm font-medium">Webhook id</p>
          <CopyValue value={state.result.id} what="webhook id" />
        </div>
        <p className="text-muted">
          Then choose it on an endpoint, under “Who may enrol”, “Decided elsewhere”, and test the connection.
        </p>
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied them</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <ValidatorFields fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add validator</SubmitButton>
      </div>
    </form>
  )
}

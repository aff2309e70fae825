/** A new key: asked for, then shown once in the same dialog. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { RoleChoices } from '@/app/_components/role-choices'
import { useAction } from '@/app/_components/use-action'
import { createApiKey } from './actions'

export function NewApiKey() {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Create key
        </>
      }
      title="Create an API key"
    >
      <NewApiKeyForm />
    </Dialog>
  )
}

function NewApiKeyForm() {
  const { state, pending, onSubmit, fieldError } = useAction(createApiKey)
  if (state.status === 'done') {
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          This is the key of <strong className="font-medium text-ink">{state.result.name}</strong>. Copy it now: it is
          stored only as a hash and cannot be shown again.
        </p>
        <CopyValue value={state.result.key} what="API key" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  }
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <TextField
        label="Name"
        name="name"
        placeholder="MDM connector"
        hint="Which program uses it, and where."
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <RoleChoices of="key" chosen="operator" error={fieldError('role')} />
      <TextField
        label="Valid for, days"
        name="expiresInDays"
        type="number"
        inputMode="numeric"
        min={1}
        max={365}
        defaultValue={90}
        error={fieldError('expiresInDays')}
        required
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Create key</SubmitButton>
      </div>
    </form>
  )
}

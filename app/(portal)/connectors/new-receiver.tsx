/** A new receiver: which server asks about which endpoint, then the three values that go into its configuration. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { Choice, SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { addReceiver } from './actions'

interface Endpoints {
  endpoints: { slug: string; name: string }[]
}

export function NewReceiver({ endpoints }: Endpoints) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Add receiver
        </>
      }
      title="Add a receiver"
    >
      <NewReceiverForm endpoints={endpoints} />
    </Dialog>
  )
}

function NewReceiverForm({ endpoints }: Endpoints) {
  const { state, pending, onSubmit, fieldError } = useAction(addReceiver)
  if (state.status === 'done') {
    const { id, url, secret } = state.result
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          For the webhook of kind SCEPCHALLENGE in step-ca’s provisioner. The secret is not shown again.
        </p>
        {(
          [
            ['URL', url],
            ['ID', id],
            ['Secret', secret],
          ] as const
        ).map(([what, value]) => (
          <div key={what} className="grid gap-1.5">
            <p className="text-sm font-medium">{what}</p>
            <CopyValue value={value} what={what} />
          </div>
        ))}
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied them</DialogClose>
        </div>
      </div>
    )
  }
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <TextField
        label="Name"
        name="name"
        placeholder="step-ca in Berlin"
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <SelectField
        label="Endpoint"
        name="endpoint"
        hint="Challenges minted for it are the ones that count."
        error={fieldError('endpoint')}
        required
      >
        {endpoints.map(({ slug, name }) => (
          <option key={slug} value={slug}>
            {name} ({slug})
          </option>
        ))}
      </SelectField>
      <Choice
        caution
        name="renewBySubject"
        title="Allow renewals without a challenge"
        description="If a valid certificate of the same subject is due for renewal. The message proves nothing of the kind, so the other server must check it."
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add receiver</SubmitButton>
      </div>
    </form>
  )
}

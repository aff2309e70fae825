/** A new key: asked for, then shown once in the same dialog. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { RoleChoices } from '@/app/_components/role-choices'
import { useAction } from '@/app/_components/use-action'
import { createApiKey } from './actions'

interface NewApiKeyProps {
  endpoints: readonly { slug: string; name: string }[]
  groups: readonly { slug: string; name: string }[]
}

export function NewApiKey(limits: NewApiKeyProps) {
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
      <NewApiKeyForm {...limits} />
    </Dialog>
  )
}

function NewApiKeyForm({ endpoints, groups }: NewApiKeyProps) {
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
      {groups.length > 0 && (
        <Disclosure summary="Limit it to groups">
          <fieldset className="grid min-w-0 gap-2">
            <legend className="mb-2 text-sm text-muted">
              It can then do what an operator of these groups can, and nothing that concerns others. For operators.
            </legend>
            {groups.map(({ slug, name }) => (
              <Choice key={slug} name="groups[]" value={slug} title={name} />
            ))}
            {fieldError('groups') && <p className="text-sm text-bad">{fieldError('groups')}</p>}
          </fieldset>
        </Disclosure>
      )}
      {endpoints.length > 0 && (
        <Disclosure summary="Limit it to endpoints">
          <fieldset className="grid min-w-0 gap-2">
            <legend className="mb-2 text-sm text-muted">
              It can then mint, see, revoke and check their challenges, as its role allows, and nothing else. For
              operators and auditors.
            </legend>
            {endpoints.map(({ slug, name }) => (
              <Choice key={slug} name="endpoints[]" value={slug} title={name} description={slug} />
            ))}
            {fieldError('endpoints') && <p className="text-sm text-bad">{fieldError('endpoints')}</p>}
          </fieldset>
        </Disclosure>
      )}
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

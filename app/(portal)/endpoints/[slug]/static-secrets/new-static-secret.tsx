/** A new static secret: bounded in every way first, then shown once in the same dialog. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Notice } from '@/app/_components/notice'
import { useAction } from '@/app/_components/use-action'
import { createStaticSecret } from './actions'

export function NewStaticSecret({ slug }: { slug: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="secondary"
      label={
        <>
          <Plus aria-hidden />
          Create secret
        </>
      }
      title="Create a static secret"
      description="Weak: many devices share it. Keep its bounds tight."
    >
      <NewStaticSecretForm slug={slug} />
    </Dialog>
  )
}

function NewStaticSecretForm({ slug }: { slug: string }) {
  const { state, pending, onSubmit, fieldError } = useAction(createStaticSecret)
  if (state.status === 'done') return <Created {...state.result} />
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <TextArea
        label="Names devices may ask for"
        name="subjectTemplate"
        placeholder="CN=printer-*,O=Example"
        hint="The subject first; a star stands for any text. Allow alternative names on lines of their own, such as dns:*.example.com."
        error={fieldError('subjectTemplate')}
        autoComplete="off"
        required
      />
      <TextArea
        label="Networks they may ask from"
        name="allowedAddresses"
        placeholder="10.20.0.0/16"
        hint="Addresses or CIDR blocks. 0.0.0.0/0 and ::/0 mean everywhere."
        error={fieldError('allowedAddresses')}
        autoComplete="off"
        required
      />
      <div className="grid gap-4 sm:grid-cols-3">
        <NumberField label="Uses in all" name="maxUses" most={100_000} usual={100} error={fieldError('maxUses')} />
        <NumberField label="Uses an hour" name="perHour" most={10_000} usual={20} error={fieldError('perHour')} />
        <NumberField
          label="Valid for, days"
          name="expiresInDays"
          most={365}
          usual={90}
          error={fieldError('expiresInDays')}
        />
      </div>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Create secret</SubmitButton>
      </div>
    </form>
  )
}

interface NumberFieldProps {
  label: string
  name: string
  most: number
  usual: number
  error: string | undefined
}

function NumberField({ most, usual, ...rest }: NumberFieldProps) {
  return <TextField {...rest} type="number" inputMode="numeric" min={1} max={most} defaultValue={usual} required />
}

function Created({ secret, fromEverywhere }: { secret: string; fromEverywhere: boolean }) {
  return (
    <div className="grid gap-4">
      <p className="text-muted">
        Copy it now and put it into the device profile: it is stored only as a hash and cannot be shown again.
      </p>
      <CopyValue value={secret} what="static secret" />
      {fromEverywhere && (
        <Notice tone="warn" title="It can be used from anywhere">
          Whoever learns it needs no place in your networks. Prefer a secret that names them.
        </Notice>
      )}
      <div className="flex justify-end">
        <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
      </div>
    </div>
  )
}

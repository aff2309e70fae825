/** A new account with its first password, which the person should change. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { NewPasswordField } from '@/app/_components/new-password-field'
import { RoleChoices } from '@/app/_components/role-choices'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { GroupName } from '@/lib/services/access'
import { createPerson } from './actions'
import { GroupChoices } from './group-choices'

export function NewPerson({ groups }: { groups: readonly GroupName[] }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Add person
        </>
      }
      title="Add a person"
      description="Tell them the password in person or by phone; they change it under Settings, Account."
    >
      <NewPersonForm groups={groups} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function NewPersonForm({ groups, onDone }: { groups: readonly GroupName[]; onDone: () => void }) {
  const [known, setKnown] = useState({ name: '', email: '' })
  const { state, pending, onSubmit, fieldError } = useAction(createPerson, () => {
    onDone()
    toast(`${known.name} can sign in now`)
  })
  return (
    <form onSubmit={onSubmit} className="group/role grid gap-4">
      <TextField
        label="Name"
        name="name"
        value={known.name}
        onChange={(event) => setKnown({ ...known, name: event.target.value })}
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        value={known.email}
        onChange={(event) => setKnown({ ...known, email: event.target.value })}
        error={fieldError('email')}
        autoComplete="off"
        required
      />
      <RoleChoices of="person" chosen="operator" error={fieldError('role')} />
      <GroupChoices groups={groups} chosen={null} error={fieldError('groups') ?? fieldError('reach')} />
      <NewPasswordField
        label="First password"
        name="password"
        context={Object.values(known)}
        error={fieldError('password')}
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add person</SubmitButton>
      </div>
    </form>
  )
}

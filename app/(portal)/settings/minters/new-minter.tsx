/** Registers a minter. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { createMinter } from './actions'
import { MinterFields, type PlaceChoice } from './minter-fields'

export function NewMinter({ choices }: { choices: PlaceChoice[] }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Register minter
        </>
      }
      title="Register a minter"
    >
      <NewMinterForm choices={choices} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function NewMinterForm({ choices, onDone }: { choices: PlaceChoice[]; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(createMinter, () => {
    onDone()
    toast('Minter registered', 'Its challenges are taken from now.')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <MinterFields choices={choices} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Register minter</SubmitButton>
      </div>
    </form>
  )
}

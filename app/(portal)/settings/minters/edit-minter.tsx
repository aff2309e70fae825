/** Changes what a minter may ask, and its keys. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { DialogClose, DialogPanel } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { MinterView } from '@/lib/services/minters'
import { updateMinter } from './actions'
import { MinterFields, type PlaceChoice } from './minter-fields'

export function EditMinter({ minter, choices }: { minter: MinterView; choices: PlaceChoice[] }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant="quiet" size="small" onClick={() => setOpen(true)} aria-label={`Edit ${minter.name}`}>
        Edit
      </Button>
      <DialogPanel open={open} onOpenChange={setOpen} title={`Change ${minter.name}`}>
        <EditForm minter={minter} choices={choices} onDone={() => setOpen(false)} />
      </DialogPanel>
    </>
  )
}

function EditForm({ minter, choices, onDone }: { minter: MinterView; choices: PlaceChoice[]; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(updateMinter, () => {
    onDone()
    toast('Minter changed')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={minter.id} />
      <MinterFields minter={minter} choices={choices} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Save</SubmitButton>
      </div>
    </form>
  )
}

/** Another challenge with the same binding, from the row of the old one; its value is shown here, once. */
'use client'

import { useState } from 'react'
import { reissueChallenge } from '@/app/(portal)/challenges/actions'
import { Button, SubmitButton } from './button'
import { CopyValue } from './copy-value'
import { Countdown } from './countdown'
import { DialogClose, DialogPanel } from './dialog'
import { FormProblem } from './form-problem'
import { useAction } from './use-action'

interface ReissueChallengeProps {
  id: string
  subject: string
  /** The old one still waits, and will be revoked. */
  waiting: boolean
}

export function ReissueChallenge({ id, subject, waiting }: ReissueChallengeProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        Re-issue
      </Button>
      <DialogPanel open={open} onOpenChange={setOpen} title={`Re-issue the challenge for ${subject || 'this device'}`}>
        <ReissueForm id={id} waiting={waiting} />
      </DialogPanel>
    </>
  )
}

function ReissueForm({ id, waiting }: { id: string; waiting: boolean }) {
  const { state, pending, onSubmit } = useAction(reissueChallenge)
  if (state.status === 'done') {
    const { challenge, scepUrl, expiresAt } = state.result
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Copy it now: it is stored only as a keyed hash and cannot be shown again. Valid for{' '}
          <Countdown until={expiresAt} over="no longer" />.
        </p>
        <CopyValue value={challenge} what="challenge" />
        <CopyValue value={scepUrl} what="SCEP URL" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  }
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <p className="text-muted">
        The new one is bound to the same names and rules and lives as long.{' '}
        {waiting && 'The old one, which still waits, is revoked.'}
      </p>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Re-issue</SubmitButton>
      </div>
    </form>
  )
}

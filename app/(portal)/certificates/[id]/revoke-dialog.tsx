/** Revoking: the reasons of RFC 5280, each with when to choose it. Only a hold can be undone, and the page says so. */
'use client'

import { Ban } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { Choice, ChoiceList, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { REASONS, REASONS_FOR_ONE } from '@/app/_components/revocation-reasons'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { revokeCertificate } from '@/app/(portal)/certificates/actions'

const CHOICES = REASONS_FOR_ONE.map((reason) => ({
  value: reason,
  title: REASONS[reason].title,
  description: REASONS[reason].when,
}))

export function RevokeDialog({ id, name, held }: { id: string; name: string; held: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="danger-quiet"
      label={
        <>
          <Ban aria-hidden />
          {held ? 'Revoke' : 'Revoke or hold'}
        </>
      }
      title={`Revoke ${name || 'this certificate'}?`}
      description="Within seconds the group's revocation list carries it, and whoever checks will refuse it. Only a hold can be undone."
    >
      <RevokeForm id={id} held={held} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function RevokeForm({ id, held, onDone }: { id: string; held: boolean; onDone: () => void }) {
  const [reason, setReason] = useState('')
  const [later, setLater] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(revokeCertificate, () => {
    onDone()
    if (later) toast('Revocation scheduled')
    else toast(hold ? 'Certificate put on hold' : 'Certificate revoked', 'The revocation list is being published.')
  })
  const hold = reason === 'certificateHold'
  return (
    <form
      onSubmit={onSubmit}
      className="grid gap-4"
      onChange={({ target }) => {
        if (target instanceof HTMLInputElement && target.name === 'reason') setReason(target.value)
      }}
    >
      <input type="hidden" name="id" value={id} />
      <ChoiceList
        legend="Reason"
        name="reason"
        choices={held ? CHOICES.filter(({ value }) => value !== 'certificateHold') : CHOICES}
        error={fieldError('reason')}
      />
      {reason === 'keyCompromise' && (
        <TextField
          label="Compromised since (optional), in UTC"
          name="invalidityDate"
          type="datetime-local"
          hint="Signatures made after it are not to be believed. Published in the revocation list."
          error={fieldError('invalidityDate')}
        />
      )}
      <TextArea
        label="Comment (optional)"
        name="comment"
        hint="For the audit trail; not published."
        maxLength={500}
        error={fieldError('comment')}
      />
      <Choice
        title="At a time ahead"
        description="Listed under Revocations, and can be cancelled there until then."
        checked={later}
        onChange={({ target }) => setLater(target.checked)}
      />
      {later && (
        <TextField
          label="Begin, in UTC"
          name="startsAt"
          type="datetime-local"
          error={fieldError('startsAt')}
          required
        />
      )}
      <FormProblem state={state} />
      {/* In sight however low the window is: the reasons are long. */}
      <div className="sticky -bottom-4 -mx-5 -mb-5 flex flex-wrap justify-end gap-2 rounded-b-xl border-t border-line bg-raised px-5 py-3">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending} variant="danger">
          {later ? 'Schedule' : hold ? 'Put on hold' : 'Revoke certificate'}
        </SubmitButton>
      </div>
    </form>
  )
}

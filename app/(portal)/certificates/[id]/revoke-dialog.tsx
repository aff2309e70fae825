/** Revoking: the reasons of RFC 5280, each with when to choose it. It cannot be undone, and says so. */
'use client'

import { Ban } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { ChoiceList, TextArea } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { OFFERED_REASONS, REASONS } from '@/app/_components/revocation-reasons'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { revokeCertificate } from '@/app/(portal)/certificates/actions'

const CHOICES = OFFERED_REASONS.map((reason) => ({
  value: reason,
  title: REASONS[reason].title,
  description: REASONS[reason].when,
}))

export function RevokeDialog({ id, name }: { id: string; name: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="danger-quiet"
      label={
        <>
          <Ban aria-hidden />
          Revoke
        </>
      }
      title={`Revoke ${name || 'this certificate'}?`}
      description="Within seconds the group's revocation list carries it, and whoever checks will refuse it. This cannot be undone."
    >
      <RevokeForm id={id} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function RevokeForm({ id, onDone }: { id: string; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(revokeCertificate, () => {
    onDone()
    toast('Certificate revoked', 'The revocation list is being published.')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <ChoiceList legend="Reason" name="reason" choices={CHOICES} error={fieldError('reason')} />
      <TextArea
        label="Comment (optional)"
        name="comment"
        hint="For the audit trail; not published."
        maxLength={500}
        error={fieldError('comment')}
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending} variant="danger">
          Revoke certificate
        </SubmitButton>
      </div>
    </form>
  )
}

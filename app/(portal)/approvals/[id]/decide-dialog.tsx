/** Approve or deny, with a comment that stays with the request. */
'use client'

import { Check, X } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextArea } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { approveRequest, denyRequest } from '@/app/(portal)/approvals/actions'

interface DecideProps {
  id: string
  name: string
  verb: 'approve' | 'deny'
}

export function DecideDialog({ id, name, verb }: DecideProps) {
  const [open, setOpen] = useState(false)
  const approves = verb === 'approve'
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant={approves ? 'primary' : 'danger-quiet'}
      label={
        <>
          {approves ? <Check aria-hidden /> : <X aria-hidden />}
          {approves ? 'Approve' : 'Deny'}
        </>
      }
      title={approves ? `Approve ${name}?` : `Deny ${name}?`}
      description={
        approves
          ? 'The certificate is made at once, and the device gets it when it asks next.'
          : 'The device is told that the request was denied. It can ask anew.'
      }
    >
      {approves ? (
        <ApproveForm id={id} onDone={() => setOpen(false)} />
      ) : (
        <DenyForm id={id} onDone={() => setOpen(false)} />
      )}
    </Dialog>
  )
}

interface FormProps {
  id: string
  onDone: () => void
}

function ApproveForm({ id, onDone }: FormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(approveRequest, ({ complete, issued }) => {
    onDone()
    toast(
      complete ? 'Request approved' : 'Your approval is recorded',
      issued
        ? 'The certificate is made.'
        : complete
          ? 'The certificate follows in a moment.'
          : 'Others have to approve too.',
    )
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <Comment error={fieldError('comment')} />
      <FormProblem state={state} />
      <Buttons pending={pending} confirm="Approve request" />
    </form>
  )
}

function DenyForm({ id, onDone }: FormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(denyRequest, () => {
    onDone()
    toast('Request denied')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <Comment error={fieldError('comment')} />
      <FormProblem state={state} />
      <Buttons pending={pending} confirm="Deny request" danger />
    </form>
  )
}

function Comment({ error }: { error: string | undefined }) {
  return (
    <TextArea
      label="Comment (optional)"
      name="comment"
      hint="How you know the device, or why not. It stays with the request and in the audit trail."
      maxLength={500}
      error={error}
    />
  )
}

function Buttons({ pending, confirm, danger = false }: { pending: boolean; confirm: string; danger?: boolean }) {
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <DialogClose render={<Button />}>Cancel</DialogClose>
      <SubmitButton pending={pending} variant={danger ? 'danger' : 'primary'}>
        {confirm}
      </SubmitButton>
    </div>
  )
}

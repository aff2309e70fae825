/** What an administrator does with a receiver: replace its secret, switch it. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { replaceReceiverSecret, switchReceiver } from './actions'

export function ReceiverActions({ id, name, enabled }: { id: string; name: string; enabled: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <div className="flex flex-wrap gap-2 md:justify-end">
      <Dialog open={open} onOpenChange={setOpen} size="small" label="New secret" title={`A new secret for ${name}`}>
        <SecretForm id={id} />
      </Dialog>
      <ConfirmAction
        action={switchReceiver}
        values={{ id, enabled: String(!enabled) }}
        size="small"
        {...(enabled ? {} : { variant: 'secondary' as const, harmless: true })}
        label={enabled ? 'Disable' : 'Enable'}
        title={enabled ? `Disable ${name}?` : `Enable ${name}?`}
        confirm={enabled ? 'Disable receiver' : 'Enable receiver'}
        done={enabled ? 'Receiver disabled' : 'Receiver enabled'}
      >
        <p>
          {enabled
            ? 'Its messages are not believed any more, so the other server issues nothing on our word.'
            : 'Its messages are believed again from the next one on.'}
        </p>
      </ConfirmAction>
    </div>
  )
}

function SecretForm({ id }: { id: string }) {
  const { state, pending, onSubmit } = useAction(replaceReceiverSecret)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Copy it now, it is not shown again. The secret before is believed for another 24 hours.
        </p>
        <CopyValue value={state.result.secret} what="secret" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <p className="text-muted">Change it on the other server within a day: both secrets are believed until then.</p>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Make secret</SubmitButton>
      </div>
    </form>
  )
}

/** What an administrator does with an event webhook: pause it, replace its secret, remove it. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { toast, toastProblem } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { pauseEventWebhook, removeEventWebhook, replaceEventWebhookSecret, testEventWebhook } from './actions'

export function EventWebhookActions({ id, name, paused }: { id: string; name: string; paused: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <div className="flex flex-wrap gap-2 md:justify-end">
      <TestButton id={id} name={name} />
      <Dialog open={open} onOpenChange={setOpen} size="small" label="New secret" title={`A new secret for ${name}`}>
        <SecretForm id={id} />
      </Dialog>
      <ConfirmAction
        action={pauseEventWebhook}
        values={{ id, paused: String(!paused) }}
        size="small"
        variant="secondary"
        harmless
        label={paused ? 'Resume' : 'Pause'}
        title={paused ? `Resume ${name}?` : `Pause ${name}?`}
        confirm={paused ? 'Resume deliveries' : 'Pause deliveries'}
        done={paused ? 'Resumed' : 'Paused'}
      >
        <p>{paused ? 'It hears of everything that happened meanwhile.' : 'Events wait until it goes on.'}</p>
      </ConfirmAction>
      <ConfirmAction
        action={removeEventWebhook}
        values={{ id }}
        size="small"
        label="Remove"
        title={`Remove ${name}?`}
        confirm="Remove event webhook"
        done="Removed"
      >
        <p>What waits for it is not delivered any more.</p>
      </ConfirmAction>
    </div>
  )
}

function TestButton({ id, name }: { id: string; name: string }) {
  const { state, pending, onSubmit } = useAction(testEventWebhook, ({ works, sentence }) =>
    works ? toast('The test was taken', sentence) : toastProblem('The test was not taken', sentence),
  )
  return (
    <form onSubmit={onSubmit} className="grid gap-2">
      <input type="hidden" name="id" value={id} />
      <SubmitButton pending={pending} variant="secondary" size="small" aria-label={`Send a test to ${name}`}>
        Test
      </SubmitButton>
      <FormProblem state={state} />
    </form>
  )
}

function SecretForm({ id }: { id: string }) {
  const { state, pending, onSubmit } = useAction(replaceEventWebhookSecret)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">Copy it now, it is not shown again. For 24 hours messages are signed with both.</p>
        <CopyValue value={state.result.secret} what="secret" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <p className="text-muted">
        Change it on the other system within a day: messages are signed with both until then.
      </p>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Make secret</SubmitButton>
      </div>
    </form>
  )
}

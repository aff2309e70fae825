/** A new event webhook: where to, and what it hears; then the secret by which it knows us. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { Choice, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import type { WebhookEvent } from '@/lib/services/event-webhook-types'
import { addEventWebhook } from './actions'
import { EVENT_NAMES } from './event-names'

export function NewEventWebhook() {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Add event webhook
        </>
      }
      title="Add an event webhook"
    >
      <NewEventWebhookForm />
    </Dialog>
  )
}

function NewEventWebhookForm() {
  const { state, pending, onSubmit, fieldError } = useAction(addEventWebhook)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Each message is signed with it by Standard Webhooks. Copy it now, it is not shown again.
        </p>
        <CopyValue value={state.result.secret} what="secret" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <TextField
        label="Name"
        name="name"
        placeholder="Ticket system"
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <TextField
        label="URL"
        name="url"
        type="url"
        placeholder="https://hooks.example.com/latchkey"
        error={fieldError('url')}
        autoComplete="off"
        required
      />
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-sm font-medium">It hears of</legend>
        {(Object.keys(EVENT_NAMES) as WebhookEvent[]).map((event) => (
          <Choice
            key={event}
            name="events[]"
            value={event}
            defaultChecked={event.startsWith('device.')}
            title={EVENT_NAMES[event].title}
            description={EVENT_NAMES[event].when}
          />
        ))}
        {fieldError('events') && <p className="text-sm text-bad">{fieldError('events')}</p>}
      </fieldset>
      <TextField
        label="Allowed private hosts"
        name="allowedHosts"
        hint="Only if it is in a private network: its name or address, also with a port. Otherwise leave it empty."
        error={fieldError('allowedHosts')}
        autoComplete="off"
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add event webhook</SubmitButton>
      </div>
    </form>
  )
}

/** Somebody who is told by e-mail: who, what, and of which groups. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Dialog, DialogClose, DialogPanel } from '@/app/_components/dialog'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { NOTICE_TOPICS, type RecipientView } from '@/lib/services/notice-types'
import { addNoticeRecipient, changeNoticeRecipient, pauseNoticeRecipient, removeNoticeRecipient } from './actions'
import { TOPIC_NAMES } from './topics'

export interface GroupChoice {
  slug: string
  name: string
}

export function NewRecipient({ groups }: { groups: GroupChoice[] }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="primary"
      label={
        <>
          <Plus aria-hidden />
          Add recipient
        </>
      }
      title="Add a recipient"
    >
      <NewForm groups={groups} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function NewForm({ groups, onDone }: { groups: GroupChoice[]; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(addNoticeRecipient, () => {
    onDone()
    toast('Recipient added', 'What stands is sent at once.')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <RecipientFields groups={groups} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add recipient</SubmitButton>
      </div>
    </form>
  )
}

export function RecipientActions({ recipient, groups }: { recipient: RecipientView; groups: GroupChoice[] }) {
  const [open, setOpen] = useState(false)
  const { id, name } = recipient
  const paused = recipient.pausedAt !== null
  return (
    <div className="flex flex-wrap gap-2 md:justify-end">
      <Button size="small" onClick={() => setOpen(true)} aria-label={`Edit ${name}`}>
        Edit
      </Button>
      <DialogPanel open={open} onOpenChange={setOpen} title={`Change what ${name} is told`}>
        <EditForm recipient={recipient} groups={groups} onDone={() => setOpen(false)} />
      </DialogPanel>
      <ConfirmAction
        action={pauseNoticeRecipient}
        values={{ id, paused: String(!paused) }}
        size="small"
        variant="secondary"
        harmless
        label={paused ? 'Resume' : 'Pause'}
        title={paused ? `Tell ${name} again?` : `Pause ${name}?`}
        confirm={paused ? 'Resume e-mails' : 'Pause e-mails'}
        done={paused ? 'Resumed' : 'Paused'}
      >
        <p>{paused ? 'What waited is sent at once.' : 'Notices wait until it goes on.'}</p>
      </ConfirmAction>
      <ConfirmAction
        action={removeNoticeRecipient}
        values={{ id }}
        size="small"
        label="Remove"
        title={`Remove ${name}?`}
        confirm="Remove recipient"
        done="Removed"
      >
        <p>What waits is not sent any more.</p>
      </ConfirmAction>
    </div>
  )
}

interface EditFormProps {
  recipient: RecipientView
  groups: GroupChoice[]
  onDone: () => void
}

function EditForm({ recipient, groups, onDone }: EditFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(changeNoticeRecipient, () => {
    onDone()
    toast('Recipient changed')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={recipient.id} />
      <RecipientFields recipient={recipient} groups={groups} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Save</SubmitButton>
      </div>
    </form>
  )
}

interface RecipientFieldsProps {
  recipient?: RecipientView
  groups: GroupChoice[]
  fieldError: (name: string) => string | undefined
}

function RecipientFields({ recipient, groups, fieldError }: RecipientFieldsProps) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        placeholder="PKI team"
        defaultValue={recipient?.name}
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <TextField
        label="E-mail address"
        name="address"
        type="email"
        placeholder="pki@example.org"
        hint="A list that several people read is better than one person's own."
        defaultValue={recipient?.address}
        error={fieldError('address')}
        autoComplete="off"
        required
      />
      <fieldset className="grid min-w-0 gap-2">
        <legend className="mb-1.5 text-sm font-medium">Is told of</legend>
        {NOTICE_TOPICS.map((topic) => (
          <Choice
            key={topic}
            name="topics[]"
            value={topic}
            defaultChecked={recipient === undefined || recipient.topics.includes(topic)}
            title={TOPIC_NAMES[topic].title}
            description={TOPIC_NAMES[topic].when}
          />
        ))}
        {fieldError('topics') && <p className="text-sm text-bad">{fieldError('topics')}</p>}
      </fieldset>
      {groups.length > 0 && (
        <Disclosure summary="Limit it to groups">
          <fieldset className="grid min-w-0 gap-2">
            <legend className="mb-2 text-sm text-muted">
              Then nothing is told that belongs to no group: the root, connectors and API keys.
            </legend>
            {groups.map(({ slug, name }) => (
              <Choice
                key={slug}
                name="groups[]"
                value={slug}
                defaultChecked={recipient?.groups.includes(slug) ?? false}
                title={name}
              />
            ))}
          </fieldset>
        </Disclosure>
      )}
    </>
  )
}

/** The same word about many requests: it asks first, says how many they are, and takes a comment for each. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextArea } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { DECIDED_AT_ONCE } from '@/lib/services/approval-types'
import type { Matches } from '@/lib/services/listing'
import { decideRequests } from './actions'
import { outcomeOf } from './outcome'

interface DecideManyProps {
  verb: 'approve' | 'deny'
  /** Sent with the form: which they are. */
  values: Readonly<Record<string, string>>
  waiting: Matches
  /** All that match, instead of the ticked ones. */
  all?: boolean
}

export function DecideMany(props: DecideManyProps) {
  const { verb, waiting, all = false } = props
  const [open, setOpen] = useState(false)
  const approves = verb === 'approve'
  const word = approves ? 'Approve' : 'Deny'
  const number = `${waiting.more ? 'more than ' : ''}${waiting.count.toLocaleString('en-GB')}`
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant={all ? 'quiet' : approves ? 'primary' : 'danger-quiet'}
      size="small"
      label={all ? `${word} all that match` : `${word} ${waiting.count} ticked`}
      title={`${word} ${number} ${waiting.count === 1 && !waiting.more ? 'request' : 'requests'}?`}
      description={
        <>
          {approves
            ? 'Each is decided on its own, as if you had opened it. Their certificates are made at once, unless others have to approve too.'
            : 'Each is decided on its own. The devices are told that their requests were denied, and can ask anew.'}
          {all && ' All pages are meant; what came since this page was made is left alone.'}
          {waiting.count > DECIDED_AT_ONCE && ` The ${DECIDED_AT_ONCE} that wait longest come first; then ask again.`}
        </>
      }
    >
      <DecideForm {...props} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function DecideForm({ verb, values, onDone }: DecideManyProps & { onDone: () => void }) {
  const approves = verb === 'approve'
  const { state, pending, onSubmit, fieldError } = useAction(decideRequests, (made) => {
    onDone()
    const { title, description } = outcomeOf(made, approves)
    toast(title, description)
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      {Object.entries({ ...values, approves: approves ? 'yes' : 'no' }).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <TextArea
        label="Comment (optional)"
        name="comment"
        hint="It stays with each of the requests and in the audit trail."
        maxLength={500}
        error={fieldError('comment')}
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending} variant={approves ? 'primary' : 'danger'}>
          {approves ? 'Approve them' : 'Deny them'}
        </SubmitButton>
      </div>
    </form>
  )
}

/** Reason, time and the word that confirms: the number of certificates, or the name of what is revoked as a whole. */
'use client'

import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Choice, ChoiceList, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { ACTIONS, OFFERED_REASONS, REASONS } from '@/app/_components/revocation-reasons'
import { useAction } from '@/app/_components/use-action'
import { confirmBulkRevocation } from '@/app/(portal)/revocations/actions'
import type { RevocationAction } from '@/lib/services/revocation'

const CHOICES = OFFERED_REASONS.map((reason) => ({
  value: reason,
  title: REASONS[reason].title,
  description: REASONS[reason].when,
}))

interface ConfirmFormProps {
  selection: string
  action: RevocationAction
  affected: number
  confirm: string
}

export function ConfirmForm({ selection, action, affected, confirm }: ConfirmFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(confirmBulkRevocation)
  const [reason, setReason] = useState('')
  const [later, setLater] = useState(false)
  const many = `${affected} ${affected === 1 ? 'certificate' : 'certificates'}`
  return (
    <form
      onSubmit={onSubmit}
      className="grid gap-5"
      onChange={({ target }) => {
        if (target instanceof HTMLInputElement && target.name === 'reason') setReason(target.value)
      }}
    >
      <input type="hidden" name="selection" value={selection} />
      <input type="hidden" name="action" value={action} />
      <input type="hidden" name="expect" value={affected} />
      {action === 'revoke' && (
        <ChoiceList legend="Reason" name="reason" choices={CHOICES} error={fieldError('reason')} />
      )}
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
        hint="For each certificate's page and the audit trail; not published."
        maxLength={500}
        error={fieldError('comment')}
      />
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-sm font-medium">When</legend>
        <Choice
          title="At a time ahead"
          description="These certificates are fixed now. One that is renewed until then has a successor, which is not among them."
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
      </fieldset>
      <TextField
        label={
          <>
            Type <strong className="font-semibold wrap-anywhere">{confirm}</strong> to confirm
          </>
        }
        name="confirmation"
        autoComplete="off"
        error={fieldError('confirmation')}
        required
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <SubmitButton pending={pending} variant={action === 'release' ? 'primary' : 'danger'}>
          {later ? 'Schedule' : ACTIONS[action].verb} {many}
        </SubmitButton>
      </div>
    </form>
  )
}

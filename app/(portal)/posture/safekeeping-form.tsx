/** Says that the KEK, or a backup of the database, lies somewhere else as well. */
'use client'

import { useRef } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { SafekeepingSubject } from '@/lib/services/posture-types'
import { confirmSafekeeping } from './actions'

const TEXTS: Record<SafekeepingSubject, { label: string; hint: string; done: string; button: string }> = {
  kek: {
    label: 'Where the copy of the KEK lies',
    hint: 'A place, never the key itself: "safe in the head office, envelope 12".',
    done: 'Copy confirmed',
    button: 'Confirm the copy',
  },
  database: {
    label: 'Where the backup of the database lies',
    hint: 'Scripts say it by the command “latchkey backup record --note WHERE”.',
    done: 'Backup confirmed',
    button: 'Confirm the backup',
  },
}

export function SafekeepingForm({ subject }: { subject: SafekeepingSubject }) {
  const form = useRef<HTMLFormElement>(null)
  const { label, hint, done, button } = TEXTS[subject]
  const { state, pending, onSubmit, fieldError } = useAction(confirmSafekeeping, () => {
    form.current?.reset()
    toast(done)
  })
  return (
    <form ref={form} onSubmit={onSubmit} className="grid content-start gap-3">
      <input type="hidden" name="subject" value={subject} />
      <TextField
        name="place"
        label={label}
        hint={hint}
        error={fieldError('place')}
        maxLength={200}
        autoComplete="off"
        required
      />
      <FormProblem state={state} />
      <div>
        <SubmitButton pending={pending} variant="secondary">
          {button}
        </SubmitButton>
      </div>
    </form>
  )
}

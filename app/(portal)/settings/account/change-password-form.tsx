/** The old password once, the new one with advice. */
'use client'

import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { FormProblem } from '@/app/_components/form-problem'
import { NewPasswordField } from '@/app/_components/new-password-field'
import { PasswordField } from '@/app/_components/password-field'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { changePassword } from './actions'

export function ChangePasswordForm({ name }: { name: string }) {
  const [round, setRound] = useState(0)
  const { state, pending, onSubmit, fieldError } = useAction(changePassword, () => {
    setRound(round + 1)
    toast('Password changed', 'Your other sessions have ended.')
  })
  return (
    <form key={round} onSubmit={onSubmit} className="grid max-w-md gap-4">
      <PasswordField
        label="Current password"
        name="current"
        autoComplete="current-password"
        error={fieldError('current')}
      />
      <NewPasswordField label="New password" name="password" context={[name]} error={fieldError('password')} />
      <FormProblem state={state} />
      <div>
        <SubmitButton pending={pending}>Change password</SubmitButton>
      </div>
    </form>
  )
}

/** The form behind /sign-in. */
'use client'

import { type FormEvent, useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { Problem } from '@/app/_components/form-problem'
import { PasswordField } from '@/app/_components/password-field'
import { startSession } from './start-session'

export function SignInForm({ target }: { target: string }) {
  const [problem, setProblem] = useState<string | null>(null)
  const [pending, setPending] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setPending(true)
    const refused = await startSession(String(form.get('email')), String(form.get('password')))
    if (refused === null) {
      // A new document, so that nothing rendered for nobody is kept.
      location.assign(target)
      return
    }
    setProblem(refused)
    setPending(false)
  }

  return (
    <form onSubmit={submit} method="post" className="grid gap-4">
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
      <PasswordField label="Password" name="password" autoComplete="current-password" />
      <div role="alert" className="empty:hidden">
        {problem && <Problem>{problem}</Problem>}
      </div>
      <SubmitButton pending={pending}>Sign in</SubmitButton>
    </form>
  )
}

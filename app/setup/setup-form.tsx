/** Organisation, root and first administrator in one form; then signed in, and on to the first group. */
'use client'

import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { NewPasswordField } from '@/app/_components/new-password-field'
import { useAction } from '@/app/_components/use-action'
import { startSession } from '@/app/sign-in/start-session'
import { completeSetup } from './actions'

export function SetupForm({ token }: { token: string }) {
  const [known, setKnown] = useState({ organisation: '', name: '', email: '' })
  const [password, setPassword] = useState('')
  const [leaving, setLeaving] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(completeSetup, async () => {
    setLeaving(true)
    const refused = await startSession(known.email, password)
    location.assign(refused === null ? '/setup/group' : '/sign-in')
  })
  const keep = (name: keyof typeof known) => ({
    name,
    value: known[name],
    onChange: (event: { target: { value: string } }) => setKnown({ ...known, [name]: event.target.value }),
    error: fieldError(name),
    required: true,
  })

  return (
    <form onSubmit={onSubmit} className="grid gap-6">
      <input type="hidden" name="token" value={token} />
      <fieldset className="grid min-w-0 gap-4">
        <legend className="mb-3 font-semibold">Your organisation</legend>
        <TextField
          label="Name of the organisation"
          hint="Appears in every CA certificate, so write it as your users know it."
          autoComplete="organization"
          maxLength={64}
          autoFocus
          {...keep('organisation')}
        />
        <Disclosure summary="Advanced: the root's key">
          <div className="grid gap-2 sm:grid-cols-2">
            <Choice
              type="radio"
              name="rootKey"
              value="p384"
              defaultChecked
              title="EC P-384"
              description="Small and strong. Right for nearly everybody."
            />
            <Choice
              type="radio"
              name="rootKey"
              value="rsa4096"
              title="RSA 4096"
              description="For old devices that cannot verify elliptic curves."
            />
          </div>
        </Disclosure>
      </fieldset>
      <hr className="border-line" />
      <fieldset className="grid min-w-0 gap-4">
        <legend className="mb-3 font-semibold">The first administrator</legend>
        <TextField label="Your name" autoComplete="name" {...keep('name')} />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          hint="You sign in with it. Nothing is sent to it."
          {...keep('email')}
        />
        <NewPasswordField
          label="Password"
          name="password"
          context={Object.values(known)}
          onPassword={setPassword}
          error={fieldError('password')}
        />
      </fieldset>
      <FormProblem state={state} />
      <SubmitButton pending={pending || leaving}>Create root and account</SubmitButton>
    </form>
  )
}

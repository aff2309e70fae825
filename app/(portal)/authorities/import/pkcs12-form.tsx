/** A PKCS#12 file and its password, which is used once and kept nowhere. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { FileField } from '@/app/_components/file-field'
import { FormProblem } from '@/app/_components/form-problem'
import { PasswordField } from '@/app/_components/password-field'
import { useAction } from '@/app/_components/use-action'
import { importPkcs12 } from '../actions'

export function Pkcs12Form() {
  const { state, pending, onSubmit, fieldError } = useAction(importPkcs12)
  return (
    <form onSubmit={onSubmit} className="grid gap-4" aria-busy={pending}>
      <FileField
        label="PKCS#12 file"
        name="file"
        accept=".p12,.pfx"
        hint="Encrypted with AES. For an issuer, with the certificate of its root in it, unless that is here already."
        error={fieldError('file')}
      />
      <PasswordField
        label="Password of the file"
        name="password"
        hint="Used once to open the file, and kept nowhere. Destroy the file afterwards, or keep it in a safe."
        error={fieldError('password')}
        autoComplete="off"
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Import with its key</SubmitButton>
      </div>
    </form>
  )
}

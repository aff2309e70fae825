/** The certificate of a root. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { FileField } from '@/app/_components/file-field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { importRoot } from '../actions'

export function RootForm() {
  const { state, pending, onSubmit, fieldError } = useAction(importRoot)
  return (
    <form onSubmit={onSubmit} className="grid gap-4" aria-busy={pending}>
      <FileField
        label="Certificate of the root"
        name="file"
        accept=".pem,.crt,.cer,.der"
        hint="PEM or DER, one certificate. Compare the fingerprint on the next page with the one you know."
        error={fieldError('file')}
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Import root</SubmitButton>
      </div>
    </form>
  )
}

/** The certificate for a request. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { FileField } from '@/app/_components/file-field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { acceptCertificate } from '../../actions'

export function AcceptForm({ id }: { id: string }) {
  const { state, pending, onSubmit, fieldError } = useAction(acceptCertificate)
  return (
    <form onSubmit={onSubmit} className="grid gap-4" aria-busy={pending}>
      <input type="hidden" name="id" value={id} />
      <FileField
        label="Signed certificate"
        name="file"
        accept=".pem,.crt,.cer,.der"
        hint="PEM or DER. It must be for this key, signed by a root that is here or in the file."
        error={fieldError('file')}
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Accept certificate</SubmitButton>
      </div>
    </form>
  )
}

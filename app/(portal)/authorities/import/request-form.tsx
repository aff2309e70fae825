/** Name and key of an issuer that somebody else will sign. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { useAction } from '@/app/_components/use-action'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'
import { requestAuthority } from '../actions'

export function RequestForm() {
  const { state, pending, onSubmit, fieldError } = useAction(requestAuthority)
  return (
    <form onSubmit={onSubmit} className="grid gap-4" aria-busy={pending}>
      <TextField
        label="Name of the issuer"
        name="name"
        placeholder="Staff Issuing CA"
        hint="The common name in its certificate. Who signs may change it."
        error={fieldError('name')}
        maxLength={64}
        autoComplete="off"
        required
        readOnly={pending}
      />
      <SelectField label="Key" name="issuerKey" defaultValue="rsa3072" error={fieldError('issuerKey')}>
        {ISSUER_KEYS.map((key) => (
          <option key={key} value={key}>
            {KEY_NAMES[key]}
          </option>
        ))}
      </SelectField>
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Make key and request</SubmitButton>
      </div>
    </form>
  )
}

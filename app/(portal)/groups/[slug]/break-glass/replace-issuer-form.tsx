/** Makes the next issuer of a group whose issuer is revoked, or lets the staged one take over. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { SelectField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'
import { replaceIssuer } from './actions'

export function ReplaceIssuerForm({ group, staged }: { group: string; staged: boolean }) {
  const { state, pending, onSubmit, fieldError } = useAction(replaceIssuer, () =>
    toast('The new issuer has taken over'),
  )
  return (
    <form onSubmit={onSubmit} className="grid max-w-md gap-3" aria-busy={pending}>
      <input type="hidden" name="group" value={group} />
      {staged ? (
        <input type="hidden" name="issuerKey" value={ISSUER_KEYS[0]} />
      ) : (
        <SelectField label="Its key" name="issuerKey" defaultValue={ISSUER_KEYS[0]} error={fieldError('issuerKey')}>
          {ISSUER_KEYS.map((key) => (
            <option key={key} value={key}>
              {KEY_NAMES[key]}
            </option>
          ))}
        </SelectField>
      )}
      <FormProblem state={state} />
      <div>
        <SubmitButton pending={pending}>{staged ? 'Let it take over' : 'Make the new issuer'}</SubmitButton>
      </div>
    </form>
  )
}

/** Name and policy; everything else is set on the endpoint's page. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { ChoiceList, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { createEndpoint } from '@/app/(portal)/endpoints/actions'
import { policyChoices } from '@/app/(portal)/endpoints/policies'

export function NewEndpointForm({ group }: { group: string }) {
  const { state, pending, onSubmit, fieldError } = useAction(createEndpoint)
  return (
    <form onSubmit={onSubmit} className="grid gap-5" aria-busy={pending}>
      <input type="hidden" name="group" value={group} />
      <TextField
        label="Endpoint name"
        name="name"
        placeholder="Old printers"
        hint="What enrols here, for people."
        error={fieldError('name')}
        maxLength={64}
        autoComplete="off"
        required
        autoFocus
        readOnly={pending}
      />
      <TextField
        label="Slug"
        name="slug"
        placeholder={`${group}-old-printers`}
        hint="Its part of the SCEP URL, for good. Made from the names when empty."
        error={fieldError('slug')}
        maxLength={64}
        pattern="[a-z0-9\-]*"
        autoComplete="off"
        spellCheck={false}
        readOnly={pending}
      />
      <ChoiceList
        legend="Who may enrol"
        name="policy"
        choices={policyChoices(false)}
        chosen="dynamic"
        error={fieldError('policy')}
      />
      <p className="text-sm text-muted" aria-live="polite">
        {pending
          ? 'Making the key of its registration authority: a few seconds.'
          : 'It gets a registration authority and a certificate profile of its own. All other settings are on its page.'}
      </p>
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>Create endpoint</SubmitButton>
      </div>
    </form>
  )
}

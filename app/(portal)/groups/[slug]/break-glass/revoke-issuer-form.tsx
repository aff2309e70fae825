/** The last question before an issuer is revoked: why, and the name of the group, typed. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { ChoiceList, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { ISSUER_REASON_CHOICES } from '@/app/_components/revocation-reasons'
import { useAction } from '@/app/_components/use-action'
import { revokeIssuer } from './actions'

const CHOICES = ISSUER_REASON_CHOICES.map(([value, title, description]) => ({ value, title, description }))

interface RevokeIssuerFormProps {
  group: { slug: string; name: string }
  issuer: { slug: string; name: string }
}

export function RevokeIssuerForm({ group, issuer }: RevokeIssuerFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(revokeIssuer)
  return (
    <form onSubmit={onSubmit} className="grid gap-5">
      <input type="hidden" name="group" value={group.slug} />
      <input type="hidden" name="issuer" value={issuer.slug} />
      <ul className="list-disc space-y-1 pl-5 text-muted">
        <li>The root's revocation list and OCSP name the issuer: every certificate of it is refused from then on.</li>
        <li>Its endpoints are switched off at once. Nothing is issued under it any more, by any instance.</li>
        <li>A new issuer can be made afterwards. Devices then enrol again: their old certificates renew nothing.</li>
        <li>It cannot be undone, and certificates are not asked for one by one.</li>
      </ul>
      <ChoiceList legend="Reason" name="reason" choices={CHOICES} error={fieldError('reason')} />
      <TextArea
        label="Comment (optional)"
        name="comment"
        hint="For the audit trail and this page; not published."
        maxLength={500}
        error={fieldError('comment')}
      />
      <TextField
        label={
          <>
            Type <strong className="font-semibold wrap-anywhere">{group.name}</strong> to confirm
          </>
        }
        name="confirmation"
        autoComplete="off"
        error={fieldError('confirmation')}
        required
      />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending} variant="danger">
          Revoke {issuer.name}
        </SubmitButton>
      </div>
    </form>
  )
}

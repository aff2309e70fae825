/** What an administrator does with a validator: test it, change it, replace its secret, switch it. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { toast, toastProblem } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import {
  activateValidatorSecret,
  changeValidator,
  makeValidatorSecret,
  switchValidator,
  testValidator,
} from './actions'
import { type KnownValidator, ValidatorFields } from './validator-fields'

export function ValidatorActions({ validator }: { validator: KnownValidator }) {
  const { id, name, enabled } = validator
  return (
    <div className="flex flex-wrap gap-2 md:justify-end">
      <TestConnection id={id} />
      <ChangeValidator validator={validator} />
      <NewSecret validator={validator} />
      <ConfirmAction
        action={switchValidator}
        values={{ id, enabled: String(!enabled) }}
        size="small"
        {...(enabled ? {} : { variant: 'secondary' as const, harmless: true })}
        label={enabled ? 'Disable' : 'Enable'}
        title={enabled ? `Disable ${name}?` : `Enable ${name}?`}
        confirm={enabled ? 'Disable validator' : 'Enable validator'}
        done={enabled ? 'Validator disabled' : 'Validator enabled'}
      >
        <p>
          {enabled
            ? 'Nobody decides for its endpoints then, so they issue nothing until it is enabled again.'
            : 'Its endpoints ask it again from the next request on.'}
        </p>
      </ConfirmAction>
    </div>
  )
}

function TestConnection({ id }: { id: string }) {
  const { pending, onSubmit, state } = useAction(testValidator, ({ works, sentence }) =>
    works ? toast('The connection works', sentence) : toastProblem('The connection does not work', sentence),
  )
  return (
    <form onSubmit={onSubmit} className="grid gap-1">
      <input type="hidden" name="id" value={id} />
      <SubmitButton pending={pending} variant="secondary" size="small">
        Test connection
      </SubmitButton>
      <FormProblem state={state} />
    </form>
  )
}

function ChangeValidator({ validator }: { validator: KnownValidator }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen} size="small" label="Change" title={`Change ${validator.name}`}>
      <ChangeForm validator={validator} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function ChangeForm({ validator, onDone }: { validator: KnownValidator; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(changeValidator, () => {
    onDone()
    toast('Validator changed')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={validator.id} />
      <ValidatorFields validator={validator} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Save</SubmitButton>
      </div>
    </form>
  )
}

/** The dialog stays while it is open: the row learns that a secret waits before anybody has copied it. */
function NewSecret({ validator: { id, name, nextSecretWaits } }: { validator: KnownValidator }) {
  const [open, setOpen] = useState(false)
  if (nextSecretWaits && !open)
    return (
      <ConfirmAction
        action={activateValidatorSecret}
        values={{ id }}
        size="small"
        variant="secondary"
        harmless
        label="Use new secret"
        title={`Sign with the new secret of ${name}?`}
        confirm="Use new secret"
        done="The new secret signs now"
      >
        <p>Do it once {name} knows it. The secret before is forgotten.</p>
      </ConfirmAction>
    )
  return (
    <Dialog open={open} onOpenChange={setOpen} size="small" label="New secret" title={`A new secret for ${name}`}>
      <SecretForm id={id} />
    </Dialog>
  )
}

function SecretForm({ id }: { id: string }) {
  const { state, pending, onSubmit } = useAction(makeValidatorSecret)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Copy it now, it is not shown again. Let the validator accept it beside the present one, then choose “Use new
          secret” here.
        </p>
        <CopyValue value={state.result.secret} what="secret" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="id" value={id} />
      <p className="text-muted">Messages are signed with the present secret until you say that the new one is known.</p>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Make secret</SubmitButton>
      </div>
    </form>
  )
}

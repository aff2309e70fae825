/** What an administrator does with an account of the challenge page: change it, replace its secret, switch it. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { PageAccountSettings } from '@/lib/services/challenge-page-types'
import { AccountFields } from './account-fields'
import { changePageAccount, replacePageSecret, switchPageAccount } from './actions'

export interface ShownAccount extends PageAccountSettings {
  id: string
  enabled: boolean
  fromEverywhere: boolean
}

export function PageAccountActions({ slug, account }: { slug: string; account: ShownAccount }) {
  const [changing, setChanging] = useState(false)
  const [replacing, setReplacing] = useState(false)
  const { id, name, enabled } = account
  return (
    <div className="flex flex-wrap gap-2 md:justify-end">
      <Dialog open={changing} onOpenChange={setChanging} size="small" label="Change" title={`Change ${name}`}>
        <ChangeForm slug={slug} account={account} onDone={() => setChanging(false)} />
      </Dialog>
      <Dialog
        open={replacing}
        onOpenChange={setReplacing}
        size="small"
        label="New secret"
        title={`A new secret for ${name}`}
      >
        <SecretForm slug={slug} id={id} />
      </Dialog>
      <ConfirmAction
        action={switchPageAccount}
        values={{ slug, id, enabled: String(!enabled) }}
        size="small"
        {...(enabled ? {} : { variant: 'secondary' as const, harmless: true })}
        label={enabled ? 'Disable' : 'Enable'}
        title={enabled ? `Disable ${name}?` : `Enable ${name}?`}
        confirm={enabled ? 'Disable account' : 'Enable account'}
        done={enabled ? 'Account disabled' : 'Account enabled'}
      >
        <p>
          {enabled
            ? 'It is told that it may not enrol, from the next request on. Challenges it fetched before can still be used.'
            : 'It can fetch challenges again, with the secret it has.'}
        </p>
      </ConfirmAction>
    </div>
  )
}

function ChangeForm({ slug, account, onDone }: { slug: string; account: ShownAccount; onDone(): void }) {
  const { state, pending, onSubmit, fieldError } = useAction(changePageAccount, () => {
    onDone()
    toast('Account changed')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <input type="hidden" name="id" value={account.id} />
      <TextField
        label="Name"
        name="name"
        defaultValue={account.name}
        error={fieldError('name')}
        autoComplete="off"
        maxLength={60}
        required
      />
      <AccountFields before={account} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Save changes</SubmitButton>
      </div>
    </form>
  )
}

function SecretForm({ slug, id }: { slug: string; id: string }) {
  const { state, pending, onSubmit, fieldError } = useAction(replacePageSecret)
  if (state.status === 'done') {
    const { graceHours, secret } = state.result
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Copy it now, it is not shown again.{' '}
          {graceHours === 0 ? 'The one before is over.' : `The one before is believed for ${hours(graceHours)} more.`}
        </p>
        <CopyValue value={secret} what="password" />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  }
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <input type="hidden" name="id" value={id} />
      <SelectField
        label="Until when the old one holds"
        name="graceHours"
        hint="Long enough to enter the new one in the device management. At once, if the old one leaked."
        defaultValue="24"
        error={fieldError('graceHours')}
      >
        <option value="0">It ends at once</option>
        <option value="1">An hour more</option>
        <option value="24">A day more</option>
        <option value="168">A week more</option>
      </SelectField>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Make secret</SubmitButton>
      </div>
    </form>
  )
}

function hours(count: number): string {
  return count === 1 ? 'an hour' : `${count} hours`
}

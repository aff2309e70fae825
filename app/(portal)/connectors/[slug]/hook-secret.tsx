/** A new hook secret: shown once, the one before believed for another day. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { HookValues } from '@/app/(portal)/connectors/hook-values'
import type { GuidedKind } from '@/app/(portal)/connectors/kinds'
import { replaceHookSecret } from './actions'

interface HookSecretProps {
  slug: string
  name: string
  kind: GuidedKind
  settings: Readonly<Record<string, unknown>>
}

export function HookSecret({ name, ...rest }: HookSecretProps) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen} size="small" label="New secret" title={`A new hook secret for ${name}`}>
      <SecretForm {...rest} />
    </Dialog>
  )
}

function SecretForm({ slug, kind, settings }: Omit<HookSecretProps, 'name'>) {
  const { state, pending, onSubmit } = useAction(replaceHookSecret)
  if (state.status === 'done')
    return (
      <div className="grid gap-4">
        <p className="text-muted">
          Copy it now, it is not shown again. The secret before is believed for another 24 hours.
        </p>
        <HookValues
          kind={kind}
          hookUrl={state.result.hookUrl ?? ''}
          hookSecret={state.result.hookSecret}
          settings={settings}
        />
        <div className="flex justify-end">
          <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
        </div>
      </div>
    )
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <p className="text-muted">Change it in the MDM within a day: both secrets are believed until then.</p>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Make secret</SubmitButton>
      </div>
    </form>
  )
}

/** One file about one authority. */
'use client'

import { useRef } from 'react'
import type { Action } from '@/app/_components/action-state'
import { SubmitButton } from '@/app/_components/button'
import { FileField } from '@/app/_components/file-field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'

interface FileFormProps<Result> {
  action: Action<Result>
  slug: string
  label: string
  accept: string
  hint?: string
  submit: string
  /** Said when it is done. */
  done: string
  danger?: boolean
}

export function FileForm<Result>({
  action,
  slug,
  label,
  accept,
  hint,
  submit,
  done,
  danger = false,
}: FileFormProps<Result>) {
  const form = useRef<HTMLFormElement>(null)
  const { state, pending, onSubmit, fieldError } = useAction(action, () => {
    form.current?.reset()
    toast(done)
  })
  return (
    <form ref={form} onSubmit={onSubmit} className="grid gap-4" aria-busy={pending}>
      <input type="hidden" name="slug" value={slug} />
      <FileField label={label} name="file" accept={accept} hint={hint} error={fieldError('file')} />
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending} variant={danger ? 'danger' : 'primary'}>
          {submit}
        </SubmitButton>
      </div>
    </form>
  )
}

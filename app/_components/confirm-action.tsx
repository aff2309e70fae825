/** A button whose deed cannot be undone: it asks first, in words that name the consequence. */
'use client'

import { AlertDialog } from '@base-ui/react/alert-dialog'
import { type ReactNode, useState } from 'react'
import type { Action } from './action-state'
import { Button, type ButtonSize, type ButtonVariant, buttonClass, SubmitButton } from './button'
import { PANEL, SCRIM } from './dialog'
import { FormProblem } from './form-problem'
import { toast } from './toasts'
import { useAction } from './use-action'

interface ConfirmActionProps {
  action: Action<null>
  /** Sent with the form: what it is about. */
  values: Readonly<Record<string, string>>
  /** On the button that opens the question. */
  label: ReactNode
  variant?: ButtonVariant
  size?: ButtonSize
  title: string
  children: ReactNode
  confirm: string
  /** Said when it is done. */
  done: string
  harmless?: boolean
}

export function ConfirmAction(props: ConfirmActionProps) {
  const { action, values, label, title, children, confirm, done, harmless = false } = props
  const [open, setOpen] = useState(false)
  const { state, pending, onSubmit } = useAction(action, () => {
    setOpen(false)
    toast(done)
  })
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className={buttonClass(props.variant ?? 'danger-quiet', props.size)}>
        {label}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={SCRIM} />
        <AlertDialog.Viewport className="fixed inset-0 z-40 grid place-items-center overflow-y-auto p-4">
          <AlertDialog.Popup className={PANEL}>
            <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-2 grid gap-2 text-muted">
              {children}
            </AlertDialog.Description>
            <form onSubmit={onSubmit} className="mt-5 grid gap-4">
              {Object.entries(values).map(([name, value]) => (
                <input key={name} type="hidden" name={name} value={value} />
              ))}
              <FormProblem state={state} />
              <div className="flex flex-wrap justify-end gap-2">
                <AlertDialog.Close render={<Button />}>Cancel</AlertDialog.Close>
                <SubmitButton pending={pending} variant={harmless ? 'primary' : 'danger'}>
                  {confirm}
                </SubmitButton>
              </div>
            </form>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

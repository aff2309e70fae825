/** A button whose deed cannot be undone: it asks first, in words that name the consequence. */
'use client'

import { lazy, type ReactNode, Suspense, useRef, useState } from 'react'
import type { Action } from './action-state'
import { type ButtonSize, type ButtonVariant, buttonClass, SubmitButton } from './button'
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

const load = () => import('./confirm-panel')
const ConfirmPanel = lazy(load)

export function ConfirmAction(props: ConfirmActionProps) {
  const { action, values, label, title, children, confirm, done, harmless = false } = props
  const opener = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [wanted, setWanted] = useState(false)
  const { state, pending, onSubmit } = useAction(action, () => {
    setOpen(false)
    toast(done)
  })
  // Who is offline hears of it when they click.
  const begin = () => void load().catch(() => {})
  return (
    <>
      <button
        ref={opener}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        className={buttonClass(props.variant ?? 'danger-quiet', props.size)}
        onPointerEnter={begin}
        onFocus={begin}
        onClick={() => {
          setWanted(true)
          setOpen(true)
        }}
      >
        {label}
      </button>
      {wanted && (
        <Suspense>
          <ConfirmPanel open={open} onOpenChange={setOpen} opener={opener} title={title} description={children}>
            {(cancel) => (
              <form onSubmit={onSubmit} className="mt-5 grid gap-4">
                {Object.entries(values).map(([name, value]) => (
                  <input key={name} type="hidden" name={name} value={value} />
                ))}
                <FormProblem state={state} />
                <div className="flex flex-wrap justify-end gap-2">
                  {cancel}
                  <SubmitButton pending={pending} variant={harmless ? 'primary' : 'danger'}>
                    {confirm}
                  </SubmitButton>
                </div>
              </form>
            )}
          </ConfirmPanel>
        </Suspense>
      )}
    </>
  )
}

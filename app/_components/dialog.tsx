/** A panel over the page that asks for something before it goes on. */
'use client'

import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { type ButtonSize, type ButtonVariant, buttonClass } from './button'

interface DialogProps {
  open: boolean
  onOpenChange(open: boolean): void
  title: string
  description?: ReactNode
  children: ReactNode
}

export const SCRIM =
  'fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0'

export const PANEL =
  'w-full max-w-lg rounded-xl border border-line bg-raised p-5 shadow-popup outline-none transition-[opacity,scale] duration-150 ' +
  'data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0'

/** With the button that opens it. */
export function Dialog({
  label,
  variant,
  size,
  ...panel
}: DialogProps & { label: ReactNode; variant?: ButtonVariant; size?: ButtonSize }) {
  return (
    <DialogPanel {...panel} trigger={<Base.Trigger className={buttonClass(variant, size)}>{label}</Base.Trigger>} />
  )
}

/** Opened by something else, such as a menu. */
export function DialogPanel({
  open,
  onOpenChange,
  trigger,
  title,
  description,
  children,
}: DialogProps & { trigger?: ReactNode }) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      {trigger}
      <Base.Portal>
        <Base.Backdrop className={SCRIM} />
        <Base.Viewport className="fixed inset-0 z-40 grid place-items-center overflow-y-auto p-4">
          <Base.Popup className={PANEL}>
            <div className="mb-4 flex items-start justify-between gap-4">
              <div>
                <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
                {description && <Base.Description className="mt-1 text-muted">{description}</Base.Description>}
              </div>
              <Base.Close aria-label="Close" className="-m-1 rounded p-1 text-muted hover:bg-hover hover:text-ink">
                <X className="size-4.5" aria-hidden />
              </Base.Close>
            </div>
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}

export const DialogClose = Base.Close

/** The question before a deed that cannot be undone. */
'use client'

import { AlertDialog } from '@base-ui/react/alert-dialog'
import type { ReactNode, RefObject } from 'react'
import { Button } from './button'
import { PANEL, SCRIM } from './panel-looks'

interface ConfirmPanelProps {
  open: boolean
  onOpenChange(open: boolean): void
  opener: RefObject<HTMLButtonElement | null>
  title: string
  description: ReactNode
  /** The form, given the button that leaves all as it is. */
  children(cancel: ReactNode): ReactNode
}

export default function ConfirmPanel({ open, onOpenChange, opener, title, description, children }: ConfirmPanelProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={SCRIM} />
        <AlertDialog.Viewport className="fixed inset-0 z-40 grid place-items-center overflow-y-auto p-4">
          <AlertDialog.Popup className={PANEL} finalFocus={opener}>
            <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-2 grid gap-2 text-muted">
              {description}
            </AlertDialog.Description>
            {children(<AlertDialog.Close render={<Button />}>Cancel</AlertDialog.Close>)}
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

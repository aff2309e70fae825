/** The panel of a dialog. */
'use client'

import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { RefObject } from 'react'
import { type DialogProps, PANEL, SCRIM } from './panel-looks'

interface DialogPanelProps extends DialogProps {
  /** Has the focus again when the panel closes. */
  opener?: RefObject<HTMLButtonElement | null>
}

export default function DialogPanel({ open, onOpenChange, opener, title, description, children }: DialogPanelProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={SCRIM} />
        <Base.Viewport className="fixed inset-0 z-40 grid place-items-center overflow-y-auto p-4">
          <Base.Popup className={PANEL} finalFocus={opener}>
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

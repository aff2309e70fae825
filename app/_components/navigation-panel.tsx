/** The sidebar of narrow screens. */
'use client'

import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { Navigation } from './navigation'
import { SCRIM } from './panel-looks'
import type { ShellPerson } from './shell'
import type { ShellCounts } from './shell-links'
import { UserMenu } from './user-menu'

interface NavigationPanelProps {
  person: ShellPerson
  counts: ShellCounts
  open: boolean
  onOpenChange(open: boolean): void
}

export default function NavigationPanel({ person, counts, open, onOpenChange }: NavigationPanelProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={SCRIM} />
        <Dialog.Popup className="fixed inset-y-0 right-0 z-40 flex w-72 max-w-[85vw] flex-col border-l border-line bg-sunken shadow-popup outline-none transition-transform duration-200 data-ending-style:translate-x-full data-starting-style:translate-x-full">
          <div className="flex h-14 items-center justify-between px-4">
            <Dialog.Title className="font-semibold">Navigation</Dialog.Title>
            <Dialog.Close
              aria-label="Close navigation"
              className="-mr-2 grid size-10 place-items-center rounded-md hover:bg-hover"
            >
              <X className="size-5" aria-hidden />
            </Dialog.Close>
          </div>
          <div className="flex-1 overflow-y-auto px-3 py-2">
            <Navigation permissions={person.permissions} counts={counts} onNavigate={() => onOpenChange(false)} />
          </div>
          <div className="border-t border-line p-3">
            <UserMenu person={person} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

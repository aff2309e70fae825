/** What all panels over the page have in common. */
import type { ReactNode } from 'react'

export interface DialogProps {
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

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

/** Taller than the window it scrolls inside, and the last row of its form, the buttons, stays in sight. */
export const PANEL =
  'max-h-[calc(100dvh-2rem)] w-full max-w-lg scroll-pb-20 overflow-y-auto overscroll-contain rounded-xl border border-line bg-raised p-5 shadow-popup outline-none transition-[opacity,scale] duration-150 ' +
  'data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0 ' +
  '[&_form>:last-child]:sticky [&_form>:last-child]:-bottom-5 [&_form>:last-child]:z-3 [&_form>:last-child]:-mx-5 ' +
  '[&_form>:last-child]:-mb-5 [&_form>:last-child]:bg-raised [&_form>:last-child]:px-5 [&_form>:last-child]:pt-1 [&_form>:last-child]:pb-5'

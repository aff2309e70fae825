/** The button of a menu that is loaded when somebody reaches for it: until then it costs a page nothing. */
'use client'

import { type ReactNode, Suspense, useState } from 'react'

export const MENU =
  'max-h-(--available-height) min-w-52 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-popup outline-none'
export const ITEM =
  'flex min-h-8.5 cursor-default items-center gap-2.5 rounded px-2 outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-muted'

interface LazyMenuProps {
  /** Begins to fetch what `children` are made of. */
  load(): Promise<unknown>
  label?: string
  className: string
  /** What is on the button, and on the trigger that takes its place. */
  face: ReactNode
  /** The menu, which comes open, for it was asked for. */
  children: ReactNode
}

export function LazyMenu({ load, label, className, face, children }: LazyMenuProps) {
  const [wanted, setWanted] = useState(false)
  // Who is offline hears of it when they click.
  const begin = () => void load().catch(() => {})
  const button = (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={false}
      aria-label={label}
      className={className}
      onPointerEnter={begin}
      onFocus={begin}
      onClick={() => setWanted(true)}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
        event.preventDefault()
        setWanted(true)
      }}
    >
      {face}
    </button>
  )
  return wanted ? <Suspense fallback={button}>{children}</Suspense> : button
}

/** The button of narrow screens that brings the sidebar, which is loaded when somebody reaches for it. */
'use client'

import { Menu as MenuIcon } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { ShellPerson } from './shell'
import type { ShellCounts } from './shell-links'

const load = () => import('./navigation-panel')
const NavigationPanel = lazy(load)

export function NavigationSheet({ person, counts }: { person: ShellPerson; counts: ShellCounts }) {
  const [open, setOpen] = useState(false)
  // What was opened once stays mounted, so that it can close in its own time.
  const [wanted, setWanted] = useState(false)
  return (
    <>
      <button
        type="button"
        aria-label="Open navigation"
        aria-haspopup="dialog"
        aria-expanded={open}
        onPointerEnter={() => void load().catch(() => {})}
        onClick={() => {
          setWanted(true)
          setOpen(true)
        }}
        className="-mr-2 grid size-10 place-items-center rounded-md hover:bg-hover"
      >
        <MenuIcon className="size-5" aria-hidden />
      </button>
      <Suspense>
        {wanted && <NavigationPanel person={person} counts={counts} open={open} onOpenChange={setOpen} />}
      </Suspense>
    </>
  )
}

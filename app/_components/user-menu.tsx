/** Who is signed in. The menu behind it is loaded when somebody reaches for it. */
'use client'

import { lazy, Suspense, useState } from 'react'
import { PERSON_BUTTON, PersonLine } from './person-line'
import type { ShellPerson } from './shell'

const load = () => import('./user-menu-popup')
const UserMenuPopup = lazy(load)

export function UserMenu({ person }: { person: ShellPerson }) {
  const [wanted, setWanted] = useState(false)
  const button = (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={false}
      className={PERSON_BUTTON}
      onPointerEnter={() => void load().catch(() => {})}
      onFocus={() => void load().catch(() => {})}
      onClick={() => setWanted(true)}
    >
      <PersonLine person={person} />
    </button>
  )
  return wanted ? (
    <Suspense fallback={button}>
      <UserMenuPopup person={person} />
    </Suspense>
  ) : (
    button
  )
}

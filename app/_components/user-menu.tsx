/** Who is signed in, and the menu behind it. */
'use client'

import { lazy } from 'react'
import { LazyMenu } from './lazy-menu'
import { PERSON_BUTTON, PersonLine } from './person-line'
import type { ShellPerson } from './shell'

const load = () => import('./user-menu-popup')
const UserMenuPopup = lazy(load)

export function UserMenu({ person }: { person: ShellPerson }) {
  return (
    <LazyMenu load={load} className={PERSON_BUTTON} face={<PersonLine person={person} />}>
      <UserMenuPopup person={person} />
    </LazyMenu>
  )
}

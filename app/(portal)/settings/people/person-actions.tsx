/** What an administrator can do about somebody else's account. */
'use client'

import { Ellipsis } from 'lucide-react'
import { lazy, useState } from 'react'
import { LazyMenu } from '@/app/_components/lazy-menu'
import type { GroupName, UserView } from '@/lib/services/access'
import { DisablePanel, PasswordPanel, RolePanel } from './person-panels'

const load = () => import('./person-menu')
const PersonMenu = lazy(load)

export type Panel = 'role' | 'password' | 'disable'

const FACE = <Ellipsis className="size-4.5" aria-hidden />
const BUTTON =
  'grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink data-popup-open:bg-hover'

interface PersonActionsProps {
  person: UserView
  groups: readonly GroupName[]
}

export function PersonActions({ person, groups }: PersonActionsProps) {
  const [panel, setPanel] = useState<Panel | null>(null)
  const close = () => setPanel(null)
  const button = { label: `Actions for ${person.name}`, className: BUTTON, face: FACE }
  return (
    <>
      <LazyMenu load={load} {...button}>
        <PersonMenu {...button} disabled={person.disabledAt !== null} onChoice={setPanel} />
      </LazyMenu>
      {panel === 'role' && <RolePanel person={person} groups={groups} onClose={close} />}
      {panel === 'password' && <PasswordPanel person={person} onClose={close} />}
      {panel === 'disable' && <DisablePanel person={person} onClose={close} />}
    </>
  )
}

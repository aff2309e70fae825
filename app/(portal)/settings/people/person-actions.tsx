/** What an administrator can do about somebody else's account. */
'use client'

import { Menu } from '@base-ui/react/menu'
import { Ellipsis, KeyRound, UserCheck, UserCog, UserX } from 'lucide-react'
import { useState } from 'react'
import type { GroupName, UserView } from '@/lib/services/access'
import { DisablePanel, PasswordPanel, RolePanel } from './person-panels'

const ITEM =
  'flex h-8.5 items-center gap-2.5 rounded px-2 pr-4 outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-muted'

type Panel = 'role' | 'password' | 'disable'

interface PersonActionsProps {
  person: UserView
  groups: readonly GroupName[]
}

export function PersonActions({ person, groups }: PersonActionsProps) {
  const [panel, setPanel] = useState<Panel | null>(null)
  const close = () => setPanel(null)
  return (
    <>
      <Menu.Root>
        <Menu.Trigger
          aria-label={`Actions for ${person.name}`}
          className="grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink data-popup-open:bg-hover"
        >
          <Ellipsis className="size-4.5" aria-hidden />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={4} className="z-50">
            <Menu.Popup className="rounded-lg border border-line bg-raised p-1 shadow-popup outline-none">
              <Menu.Item className={ITEM} onClick={() => setPanel('role')}>
                <UserCog aria-hidden />
                Change role and groups
              </Menu.Item>
              <Menu.Item className={ITEM} onClick={() => setPanel('password')}>
                <KeyRound aria-hidden />
                Set password
              </Menu.Item>
              <Menu.Item className={ITEM} onClick={() => setPanel('disable')}>
                {person.disabledAt ? <UserCheck aria-hidden /> : <UserX aria-hidden />}
                {person.disabledAt ? 'Enable' : 'Disable'}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {panel === 'role' && <RolePanel person={person} groups={groups} onClose={close} />}
      {panel === 'password' && <PasswordPanel person={person} onClose={close} />}
      {panel === 'disable' && <DisablePanel person={person} onClose={close} />}
    </>
  )
}

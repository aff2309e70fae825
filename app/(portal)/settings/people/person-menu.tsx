/** The menu of one account. */
'use client'

import { Menu } from '@base-ui/react/menu'
import { KeyRound, UserCheck, UserCog, UserX } from 'lucide-react'
import type { ReactNode } from 'react'
import { ITEM, MENU } from '@/app/_components/lazy-menu'
import type { Panel } from './person-actions'

interface PersonMenuProps {
  label: string
  className: string
  face: ReactNode
  disabled: boolean
  onChoice(panel: Panel): void
}

/** Comes open, for it was asked for. */
export default function PersonMenu({ label, className, face, disabled, onChoice }: PersonMenuProps) {
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger aria-label={label} className={className}>
        {face}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="z-50">
          <Menu.Popup className={MENU}>
            <Menu.Item className={ITEM} onClick={() => onChoice('role')}>
              <UserCog aria-hidden />
              Change role and groups
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => onChoice('password')}>
              <KeyRound aria-hidden />
              Set password
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => onChoice('disable')}>
              {disabled ? <UserCheck aria-hidden /> : <UserX aria-hidden />}
              {disabled ? 'Enable' : 'Disable'}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

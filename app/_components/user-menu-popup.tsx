/** The menu of who is signed in: the account, the colour theme, the keys, and the way out. */
'use client'

import { Menu } from '@base-ui/react/menu'
import { Check, Keyboard, LogOut, UserRound } from 'lucide-react'
import Link from 'next/link'
import { signOut } from 'next-auth/react'
import { openPanel } from './open-panel'
import { PERSON_BUTTON, PersonLine } from './person-line'
import { useTheme } from './reader'
import { THEMES } from './reader-choices'
import type { ShellPerson } from './shell'
import { THEME_LOOKS } from './theme-looks'

const ITEM =
  'flex h-8.5 items-center gap-2.5 rounded px-2 outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-muted'

/** Comes open, for it was asked for. */
export default function UserMenuPopup({ person }: { person: ShellPerson }) {
  const { theme, setTheme } = useTheme()
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className={PERSON_BUTTON}>
        <PersonLine person={person} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="top" align="start" sideOffset={6} className="z-50">
          <Menu.Popup className="w-54 rounded-lg border border-line bg-raised p-1 shadow-popup outline-none transition-[opacity,scale] duration-100 data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0">
            <Menu.LinkItem render={<Link href="/settings/account" />} className={ITEM} closeOnClick>
              <UserRound aria-hidden />
              Your account
            </Menu.LinkItem>
            <Menu.Separator className="mx-1 my-1 h-px bg-line" />
            <Menu.RadioGroup value={theme} onValueChange={setTheme}>
              <Menu.GroupLabel className="px-2 py-1 text-xs text-faint">Appearance</Menu.GroupLabel>
              {THEMES.map((value) => {
                const [text, Icon] = THEME_LOOKS[value]
                return (
                  <Menu.RadioItem key={value} value={value} closeOnClick={false} className={ITEM}>
                    <Icon aria-hidden />
                    {text}
                    <Menu.RadioItemIndicator className="ml-auto">
                      <Check aria-hidden />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                )
              })}
            </Menu.RadioGroup>
            <Menu.Separator className="mx-1 my-1 h-px bg-line" />
            <Menu.Item className={ITEM} onClick={() => openPanel('sheet')}>
              <Keyboard aria-hidden />
              Keyboard
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={leave}>
              <LogOut aria-hidden />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

/** A whole new document: nothing of the session stays in the browser's memory. */
async function leave() {
  await signOut({ redirect: false, callbackUrl: '/sign-in' })
  location.assign('/sign-in')
}

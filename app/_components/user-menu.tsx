/** Who is signed in, the colour theme, and the way out. */
'use client'

import { Menu } from '@base-ui/react/menu'
import { Check, ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react'
import Link from 'next/link'
import { signOut } from 'next-auth/react'
import { openPanel } from './commands'
import { ROLE_NAMES } from './name-of-role'
import { useTheme } from './reader'
import { THEMES } from './reader-choices'
import type { ShellPerson } from './shell'

export const THEME_LOOKS = {
  system: ['As the system', Monitor],
  light: ['Light', Sun],
  dark: ['Dark', Moon],
} as const

const ITEM =
  'flex h-8.5 items-center gap-2.5 rounded px-2 outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-muted'

export function UserMenu({ person }: { person: ShellPerson }) {
  const { theme, setTheme } = useTheme()
  return (
    <Menu.Root>
      <Menu.Trigger className="flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover data-popup-open:bg-hover">
        <span
          className="grid size-8 shrink-0 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent"
          aria-hidden
        >
          {initials(person.name)}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">{person.name}</span>
          <span className="block truncate text-xs text-muted">{ROLE_NAMES[person.role].title}</span>
        </span>
        <ChevronsUpDown className="size-4 text-muted" aria-hidden />
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

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase()
}

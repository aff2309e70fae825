/** The frame of every signed-in page: sidebar from 64rem on, a bar with a sheet below. */
import type { ReactNode } from 'react'
import type { Role } from '@/lib/services/actor'
import type { Permission } from '@/lib/services/permissions'
import { Brand } from './brand'
import { Commands, SearchButton } from './commands'
import { Navigation } from './navigation'
import { NavigationSheet } from './navigation-sheet'
import type { ShellCounts } from './shell-links'
import { UserMenu } from './user-menu'

export interface ShellPerson {
  name: string
  role: Role
  /** Of an operator who is limited to groups. */
  groups?: readonly string[]
  /** What the sidebar and the palette offer; each page decides for itself. */
  permissions: readonly Permission[]
}

interface ShellProps {
  person: ShellPerson
  counts: ShellCounts
  children: ReactNode
}

export function Shell({ person, counts, children }: ShellProps) {
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-sunken lg:flex">
        <div className="px-4 pt-5 pb-4">
          <Brand />
        </div>
        <div className="px-3 pb-4">
          <SearchButton />
        </div>
        <div className="flex-1 overflow-y-auto px-3">
          <Navigation permissions={person.permissions} counts={counts} />
        </div>
        <div className="border-t border-line p-3">
          <UserMenu person={person} />
        </div>
      </aside>
      <header className="sticky top-0 z-20 flex h-14 items-center justify-between gap-3 border-b border-line bg-sunken px-4 lg:hidden">
        <Brand />
        <div className="flex items-center">
          <SearchButton compact />
          <NavigationSheet person={person} counts={counts} />
        </div>
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 px-4 py-6 outline-none sm:px-6 lg:px-10 lg:py-8">
        <div className="mx-auto max-w-6xl">{children}</div>
      </main>
      <Commands permissions={person.permissions} />
    </div>
  )
}

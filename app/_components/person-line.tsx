/** Who is signed in, on one line: what the user menu hangs on. */
import { ChevronsUpDown } from 'lucide-react'
import { ROLE_NAMES } from './name-of-role'
import type { ShellPerson } from './shell'

export const PERSON_BUTTON =
  'flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover data-popup-open:bg-hover'

export function PersonLine({ person }: { person: ShellPerson }) {
  return (
    <>
      <span
        className="grid size-8 shrink-0 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent"
        aria-hidden
      >
        {initials(person.name)}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm font-medium">{person.name}</span>
        <span className="block truncate text-xs text-muted">
          {ROLE_NAMES[person.role].title}
          {person.groups && ` of ${person.groups.join(', ') || 'no group'}`}
        </span>
      </span>
      <ChevronsUpDown className="size-4 text-muted" aria-hidden />
    </>
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase()
}

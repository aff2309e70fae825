/** The sections of a long page, always at hand on small screens: one tap opens the list, a second one goes there. */
'use client'

import { ChevronDown } from 'lucide-react'
import { useRef } from 'react'

export interface Section {
  id: string
  title: string
}

export function SectionIndex({ sections }: { sections: readonly Section[] }) {
  const details = useRef<HTMLDetailsElement>(null)
  const close = () => {
    if (details.current) details.current.open = false
  }
  return (
    <nav
      aria-label="Sections of this page"
      className="sticky top-14 z-10 -mx-4 mb-4 border-b border-line bg-canvas px-4 py-2 sm:-mx-6 sm:px-6 lg:hidden"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !details.current?.open) return
        close()
        details.current.querySelector('summary')?.focus()
      }}
      onBlur={(event) => {
        // Some browsers focus no link that is tapped: then nobody has gone elsewhere.
        if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) close()
      }}
    >
      <details ref={details} className="group relative">
        <summary className="flex min-h-11 list-none items-center justify-between gap-2 rounded-md border border-edge bg-surface px-3 font-medium">
          Sections
          <ChevronDown className="size-4 transition-transform group-open:rotate-180" aria-hidden />
        </summary>
        <ul className="absolute inset-x-0 top-full mt-1 max-h-[70dvh] overflow-y-auto rounded-md border border-line bg-surface py-1 shadow-card">
          {sections.map(({ id, title }) => (
            <li key={id}>
              <a
                href={`#${id}`}
                className="flex min-h-11 items-center px-3 hover:bg-sunken"
                onClick={() => {
                  close()
                  // The browser goes there; whoever reads with a keyboard or by ear goes on from there.
                  document.getElementById(id)?.focus({ preventScroll: true })
                }}
              >
                {title}
              </a>
            </li>
          ))}
        </ul>
      </details>
    </nav>
  )
}
